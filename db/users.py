"""People: who has an account, what role they have, and the rules on both."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import CheckConstraint, Select, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.emails import email_key, new_email
from orderly import Caller
from orderly.clock import new_id, now
from orderly.database.connections import AnySession
from orderly.database.errors import unique
from orderly.database.models import Base, UtcDateTime
from orderly.database.pagination import within
from orderly.errors import Conflict, Forbidden, Unauthenticated, require

ROLES = ("customer", "staff", "admin")
STAFF_ROLES = frozenset({"staff", "admin"})
ACTIVE, DISABLED, ERASED = "active", "disabled", "erased"


class EmailTaken(Conflict):
    """Somebody else has this email address."""

    code = "email_taken"


class LastAdmin(Conflict):
    """Nobody could administer the shop any more."""

    code = "last_admin"


class InvalidCredentials(Unauthenticated):
    """Unknown email or wrong password: the answer is the same."""

    code = "invalid_credentials"


class AccountDisabled(Forbidden):
    """The right password of an account that was disabled."""

    code = "account_disabled"


class WrongPassword(Forbidden):
    """Someone signed in, but without knowing the current password."""

    code = "wrong_password"


class AccountDeleted(Unauthenticated):
    """The account was erased after its caller was let in, so what he calls with is no longer valid."""

    code = "invalid_token"


class User(Base):
    """An account. When it is erased its row stays without personal data, for the orders that point to it."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('customer', 'staff', 'admin')", name="role"),
        CheckConstraint("status IN ('active', 'disabled', 'erased')", name="status"),
        CheckConstraint(
            "(status = 'erased') = (email IS NULL) AND (email IS NULL) = (email_key IS NULL)"
            " AND (email IS NULL) = (name IS NULL) AND (email IS NULL) = (password_hash IS NULL)",
            name="erased",
        ),
        UniqueConstraint("email_key"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254))
    """The address as it is compared: in lower case."""
    name: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default=ACTIVE)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, onupdate=now)

    __mapper_args__ = {"version_id_col": version}

    def rename(self, session: Session, name: str | None) -> None:
        """Change the name."""
        self.name = name
        session.flush()

    def change_email(self, session: Session, email: str) -> None:
        """Change the email address; `EmailTaken` if it is another account's."""
        self.email = new_email(email)
        self.email_key = self.email.lower()
        _flush(session)

    def change_role(self, session: Session, role: str) -> None:
        """Change the role; `LastAdmin` if nobody else could give it back."""
        if role == self.role:
            return
        self.ensure_other_admin(session)
        self.role = role
        session.flush()

    def ensure_other_admin(self, session: Session) -> None:
        """Refuse with `LastAdmin` unless there is another active admin, and keep it so until the commit.

        The admins' rows are locked in one order, so of two admins who demote each other the second one sees what
        the first one did. On SQLite the write transaction is alone anyway.
        """
        if self.role != "admin" or self.status != ACTIVE:
            return
        admins = select(User.id).where(User.role == "admin", User.status == ACTIVE).order_by(User.id)
        if not set(session.scalars(admins.with_for_update())) - {self.id}:
            raise LastAdmin


class PasswordRecord(NamedTuple):
    """What a sign-in is compared with."""

    user_id: str
    password_hash: str
    status: str


def is_staff(caller: Caller) -> bool:
    """Return whether the caller works here, as staff or as admin."""
    return not caller.roles.isdisjoint(STAFF_ROLES)


def create(session: Session, *, email: str, name: str, password_hash: str, role: str = "customer") -> User:
    """A new account; `EmailTaken` if there is one with this address."""
    address = new_email(email)
    at = now()
    user = User(id=new_id("usr"), email=address, email_key=address.lower(), name=name, created_at=at, updated_at=at)
    user.password_hash, user.role = password_hash, role
    session.add(user)
    _flush(session)
    return user


def visible_to(caller: Caller) -> Select[User]:
    """The accounts that a caller may see: his own, and all of them with `users:read`; erased ones are gone for all."""
    statement = select(User).where(User.status != ERASED)
    return statement if caller.may("users:read") else statement.where(User.id == caller.id)


def matching(
    statement: Select[User],
    *,
    email: str | None = None,
    role: str | None = None,
    status: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Select[User]:
    """Those of the accounts that fit all the filters given; `created_before` itself is not within."""
    if email is not None:
        statement = statement.where(User.email_key == email_key(email))
    if role is not None:
        statement = statement.where(User.role == role)
    if status is not None:
        statement = statement.where(User.status == status)
    return within(statement, User.created_at, created_after, created_before)


def get(session: AnySession, user_id: str, caller: Caller) -> User:
    """One account that the caller may see."""
    return require(session.scalar(visible_to(caller).where(User.id == user_id)))


def get_own(session: AnySession, caller: Caller) -> User:
    """The caller's account; `AccountDeleted` if it was erased since he was let in."""
    user = session.scalar(visible_to(caller).where(User.id == caller.id))
    if user is None:
        raise AccountDeleted
    return user


def find_by_email(session: Session, email: str) -> User | None:
    """The account with this address, for those who run the shop."""
    return session.scalar(select(User).where(User.email_key == email_key(email)))


def has_admin(session: AnySession) -> bool:
    """Return whether the shop has an active admin."""
    return session.scalar(select(User.id).where(User.role == "admin", User.status == ACTIVE).limit(1)) is not None


def find_password_record(session: AnySession, *, email: str) -> PasswordRecord | None:
    """What the sign-in of an address is compared with; None if nobody has it."""
    return _password_record(session, select(User).where(User.email_key == email_key(email)))


def get_password_record(session: AnySession, user_id: str) -> PasswordRecord:
    """What the current password of somebody signed in is compared with; `AccountDeleted` if he was erased since."""
    found = _password_record(session, select(User).where(User.id == user_id))
    if found is None:
        raise AccountDeleted
    return found


def lock_if_unchanged(session: Session, credentials: PasswordRecord) -> User | None:
    """The account, locked until the commit, if it is still active and its password the one that was verified."""
    return session.scalar(
        select(User)
        .where(User.id == credentials.user_id, User.status == ACTIVE)
        .where(User.password_hash == credentials.password_hash)
        .with_for_update()
    )


def rehash(session: Session, user: User, password_hash: str) -> None:
    """Keep the same password under today's parameters: nobody sees a difference, so the version stays."""
    session.execute(
        update(User)
        .where(User.id == user.id)
        .values(password_hash=password_hash, updated_at=User.updated_at)
        .execution_options(synchronize_session=False)
    )


def _password_record(session: AnySession, statement: Select[User]) -> PasswordRecord | None:
    row = session.execute(
        statement.with_only_columns(User.id, User.password_hash, User.status).where(User.status != ERASED)
    ).first()
    return PasswordRecord(row.id, row.password_hash, row.status) if row else None


def _flush(session: Session) -> None:
    with unique("users", "email_key", to=EmailTaken):
        session.flush()
