"""`orderly user`: accounts, made by whoever runs the shop."""

import secrets
from typing import Annotated

import typer
from sqlalchemy import select

from db import accounts, passwords, users
from orderly.cli.console import is_terminal, out
from orderly.cli.contract_input import validate_body
from orderly.cli.db import open_migrated
from orderly.config.settings import CommandError, Settings
from orderly.database.database import Database

app = typer.Typer(help="Accounts.", no_args_is_help=True)


@app.command()
def create(
    email: Annotated[str, typer.Option(help="The email address to sign in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[str, typer.Option(help="customer, staff or admin.")] = "customer",
) -> None:
    """Make an account. The password is asked for; left empty, or without a terminal, it is made and shown once."""
    if role not in users.ROLES:
        raise CommandError(f"There is no role {role}: take one of {', '.join(users.ROLES)}.")
    with open_migrated(Settings.load()) as database:
        _create(database, email, name, role, _ask_password())


@app.command()
def bootstrap_admin() -> None:
    """Make an admin if there is none: from ORDERLY_ADMIN_EMAIL and ORDERLY_ADMIN_PASSWORD, or by asking."""
    settings = Settings.load()
    with open_migrated(settings) as database:
        if _has_admin(database):
            return
        email, password = settings.admin_email, settings.admin_password.get_secret_value()
        if not password and is_terminal():
            out.print("Nobody can administer this shop yet.")
            email = typer.prompt("Email of the first admin", default=email)
            password = _ask_password()
        _create(database, email, "Administrator", "admin", password)


def _ask_password() -> str:
    if not is_terminal():
        return ""
    question = "Password (12 characters or more; empty to have one made)"
    return str(typer.prompt(question, default="", show_default=False, hide_input=True, confirmation_prompt=True))


def _create(database: Database, email: str, name: str, role: str, password: str) -> None:
    made = "" if password else secrets.token_urlsafe(18)
    validate_body("create_user", {"email": email, "name": name, "password": password or made})
    passwords.check_not_common(password or made)
    password_hash = passwords.hash_password(password or made)
    with database.writing() as session:
        user = accounts.sign_up(session, email=email, name=name, role=role, password_hash=password_hash)
        session.commit()
        out.print(f"{user.email} is {role}, {user.id}.")
    if made:
        out.print(f"Password, shown only now: {made}")


def _has_admin(database: Database) -> bool:
    active = select(users.User.id).where(users.User.role == "admin", users.User.status == users.ACTIVE)
    with database.reading() as session:
        return session.scalar(active.limit(1)) is not None
