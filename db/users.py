"""Users: accounts, roles and their rules."""

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
    """Another account has this email address."""

    code = "email_taken"


class LastAdmin(Conflict):
    """The shop would have no active administrator."""

    code = "last_admin"


class InvalidCredentials(Unauthenticated):
    """An unknown email address or a wrong password; the response is equal."""

    code = "invalid_credentials"


class AccountDisabled(Forbidden):
    """The password is correct, but the account is disabled."""

    code = "account_disabled"


class WrongPassword(Forbidden):
    """The current password of a signed-in caller is wrong."""

    code = "wrong_password"


class AccountDeleted(Unauthenticated):
    """The account was erased after the caller was authenticated."""

    code = "invalid_token"


class User(Base):
    """An account.

    The row of an erased account remains without personal data, because orders refer to it.
    """

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
    """The address in lower case, for look-ups."""
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
        """Change the email address.

        Raises:
            EmailTaken: another account has the address.
        """
        self.email = new_email(email)
        self.email_key = self.email.lower()
        _flush(session)

    def change_role(self, session: Session, role: str) -> None:
        """Change the role.

        Raises:
            LastAdmin: no other active administrator exists.
        """
        if role == self.role:
            return
        self.ensure_other_admin(session)
        self.role = role
        session.flush()

    def ensure_other_admin(self, session: Session) -> None:
        """Check that another administrator is active, and lock it until the commit.

        The rows of all administrators are locked in one order. If two administrators demote each other, the second
        transaction sees the change of the first. SQLite has one write transaction at a time anyway.

        Raises:
            LastAdmin: no other active administrator exists.
        """
        if self.role != "admin" or self.status != ACTIVE:
            return
        admins = select(User.id).where(User.role == "admin", User.status == ACTIVE).order_by(User.id)
        if not set(session.scalars(admins.with_for_update())) - {self.id}:
            raise LastAdmin


class PasswordRecord(NamedTuple):
    """The data that a sign-in is compared with."""

    user_id: str
    password_hash: str
    status: str


def is_staff(caller: Caller) -> bool:
    """Return whether the caller is staff or an administrator."""
    return not caller.roles.isdisjoint(STAFF_ROLES)


def create(session: Session, *, email: str, name: str, password_hash: str, role: str = "customer") -> User:
    """Create a user.

    Raises:
        EmailTaken: another account has the address.
        InvalidEmail: the address is not valid.
    """
    address = new_email(email)
    at = now()
    user = User(id=new_id("usr"), email=address, email_key=address.lower(), name=name, created_at=at, updated_at=at)
    user.password_hash, user.role = password_hash, role
    session.add(user)
    _flush(session)
    return user


def visible_to(caller: Caller) -> Select[User]:
    """Return a query for the caller's own account, or all with `users:read`.

    Erased accounts are visible to no caller.
    """
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
    """Restrict a query by all filters; `created_before` is exclusive."""
    if email is not None:
        statement = statement.where(User.email_key == email_key(email))
    if role is not None:
        statement = statement.where(User.role == role)
    if status is not None:
        statement = statement.where(User.status == status)
    return within(statement, User.created_at, created_after, created_before)


def get(session: AnySession, user_id: str, caller: Caller) -> User:
    """Return an account that the caller may see.

    Raises:
        NotFound: there is no such account.
    """
    return require(session.scalar(visible_to(caller).where(User.id == user_id)))


def get_own(session: AnySession, caller: Caller) -> User:
    """Return the caller's account.

    Raises:
        AccountDeleted: the account was erased after the caller was authenticated.
    """
    user = session.scalar(visible_to(caller).where(User.id == caller.id))
    if user is None:
        raise AccountDeleted
    return user


def find_by_email(session: Session, email: str) -> User | None:
    """Return the account with an address, or None."""
    return session.scalar(select(User).where(User.email_key == email_key(email)))


def has_admin(session: AnySession) -> bool:
    """Return whether the shop has an active administrator."""
    return session.scalar(select(User.id).where(User.role == "admin", User.status == ACTIVE).limit(1)) is not None


def find_password_record(session: AnySession, *, email: str) -> PasswordRecord | None:
    """Return the password record of an address, or None."""
    return _password_record(session, select(User).where(User.email_key == email_key(email)))


def get_password_record(session: AnySession, user_id: str) -> PasswordRecord:
    """Return the password record of a signed-in user.

    Raises:
        AccountDeleted: the account was erased after the caller was authenticated.
    """
    record = _password_record(session, select(User).where(User.id == user_id))
    if record is None:
        raise AccountDeleted
    return record


def lock_if_unchanged(session: Session, record: PasswordRecord) -> User | None:
    """Return the account, locked until the commit, or None.

    None means that the account is no longer active, or that its password differs from the verified one.
    """
    return session.scalar(
        select(User)
        .where(User.id == record.user_id, User.status == ACTIVE)
        .where(User.password_hash == record.password_hash)
        .with_for_update()
    )


def rehash(session: Session, user: User, password_hash: str) -> None:
    """Store the hash of the same password with current parameters.

    The visible account does not change, so neither does its version.
    """
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
