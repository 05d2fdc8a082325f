"""The shop's commands: accounts, API keys and sample data."""

import secrets
from datetime import timedelta
from random import Random
from typing import Annotated

import typer
from rich.progress import Progress

from db import accounts, api_keys, passwords, users
from db.seed import SeedFactory, create_staff, in_batches
from orderly import Caller
from orderly.cli.console import err, is_terminal, out
from orderly.cli.contract_input import validate_body
from orderly.cli.database_access import open_migrated
from orderly.cli.errors import explain
from orderly.clock import now
from orderly.config.application import find_application
from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.contract.model import load
from orderly.database.database import Database
from orderly.errors import DomainError

app = typer.Typer()
user = typer.Typer(help="Manage accounts.", no_args_is_help=True)
key = typer.Typer(help="Manage API keys.", no_args_is_help=True)
app.add_typer(user, name="user")
app.add_typer(key, name="key")


@user.command("create")
def create_user(
    email: Annotated[str, typer.Option(help="The email address for signing in.")],
    name: Annotated[str, typer.Option(help="The name of the person.")],
    role: Annotated[str, typer.Option(help="The role: customer, staff or admin.")] = "customer",
) -> None:
    """Create an account, with a prompt for its password.

    For an empty input, or without a terminal, a password is generated and shown once.
    """
    if role not in users.ROLES:
        raise CommandError(f"Unknown role {role}: use one of {', '.join(users.ROLES)}.")
    with open_migrated(Settings.load()) as database:
        _sign_up(database, email, name, role, _prompt_password())


@user.command()
def bootstrap_admin() -> None:
    """Create the first administrator, unless there is one.

    The address and the password are ORDERLY_ADMIN_EMAIL and ORDERLY_ADMIN_PASSWORD. Without a password, the command
    prompts for both on a terminal, and generates a password otherwise.
    """
    settings = Settings.load()
    with open_migrated(settings) as database:
        with database.reading() as session:
            if users.has_admin(session):
                return
        email, password = settings.admin_email, settings.admin_password.get_secret_value()
        if not password and is_terminal():
            _prompt_for_admin(database, email)
        else:
            _sign_up(database, email, "Administrator", "admin", password)


@key.command("create")
def create_key(
    email: Annotated[str, typer.Option(help="The email address of the key's owner.")],
    name: Annotated[str, typer.Option(help="The purpose of the key.")],
    scope: Annotated[list[str], typer.Option(help="A scope of the key, such as orders:read. Repeatable.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days until the key expires.")] = None,
) -> None:
    """Create an API key, and write its secret to stdout.

    The secret is not stored and cannot be shown again.
    """
    validate_body("create_api_key", {"name": name, "scopes": sorted(set(scope))})
    roles = load(find_application().contract).roles
    with open_migrated(Settings.load()) as database, database.writing() as session:
        owner = users.find_by_email(session, email)
        if owner is None or owner.status != users.ACTIVE:
            raise CommandError("No active account has this email address.")
        caller = Caller(owner.id, roles[owner.role], frozenset({owner.role}))
        if missing := set(scope) - caller.scopes:
            raise CommandError(f"Cannot create the key: its owner lacks {', '.join(sorted(missing))}.")
        expiry = now() + timedelta(days=days) if days else None
        created = api_keys.create(session, caller, name=name, scopes=scope, expires_at=expiry)
        session.commit()
        err.print(f"Created {created.key.id} of {owner.email} with {', '.join(created.key.scopes)}.")
        err.print("The secret, which is shown only once:")
        out.print(created.secret)


@app.command()
def seed(
    products: Annotated[int, typer.Option(min=1, help="The number of products.")] = 100,
    customers: Annotated[int, typer.Option(min=1, help="The number of customers.")] = 50,
    orders: Annotated[int, typer.Option(min=0, help="The number of orders.")] = 500,
) -> None:
    """Add sample products, customers and orders."""
    random = Random()  # noqa: S311  # believable data, not a secret
    password = secrets.token_urlsafe(18)
    with open_migrated(Settings.load()) as database, Progress(console=err, transient=True) as progress:
        seeds = SeedFactory(random, create_staff(database, random), passwords.hash_password(password))
        steps = [("Customers", customers, seeds.customer), ("Products", products, seeds.product)]
        for kind, count, create in [*steps, ("Orders", orders, seeds.order)]:
            for _ in progress.track(in_batches(database, count, create), total=count, description=kind):
                pass
    out.print(f"Created {customers} customers, {products} products and {orders} orders.")
    out.print(f"Password of all these customers, shown only once: {password}")


def _prompt_for_admin(database: Database, email: str) -> None:
    """Prompt for an address and a password until both are accepted."""
    out.print("There is no administrator yet.")
    while True:
        email = typer.prompt("Email of the first administrator", default=email)
        try:
            _sign_up(database, email, "Administrator", "admin", _prompt_password())
            return
        except (CommandError, DomainError) as error:
            err.print(f"{explain(error)} Please try again.")


def _prompt_password() -> str:
    if not is_terminal():
        return ""
    label = "Password (12 characters or more; empty to generate one)"
    return str(typer.prompt(label, default="", show_default=False, hide_input=True, confirmation_prompt=True))


def _sign_up(database: Database, email: str, name: str, role: str, password: str) -> None:
    generated = "" if password else secrets.token_urlsafe(18)
    validate_body("create_user", {"email": email, "name": name, "password": password or generated})
    passwords.check_not_common(password or generated)
    password_hash = passwords.hash_password(password or generated)
    with database.writing() as session:
        account = accounts.sign_up(session, email=email, name=name, role=role, password_hash=password_hash)
        session.commit()
        out.print(f"Created {account.id}: {account.email}, {role}.")
    if generated:
        out.print(f"Password, shown only once: {generated}")
