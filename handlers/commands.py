"""The shop's own commands: accounts, API keys, and a shop to look at."""

import secrets
from datetime import timedelta
from random import Random
from typing import Annotated

import typer
from rich.progress import Progress

from db import accounts, api_keys, passwords, users
from db.seed import SeedFactory, hire, in_batches
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
user = typer.Typer(help="Accounts.", no_args_is_help=True)
key = typer.Typer(help="API keys.", no_args_is_help=True)
app.add_typer(user, name="user")
app.add_typer(key, name="key")


@user.command("create")
def create_user(
    email: Annotated[str, typer.Option(help="The email address to sign in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[str, typer.Option(help="customer, staff or admin.")] = "customer",
) -> None:
    """Make an account. The password is asked for; left empty, or without a terminal, it is made and shown once."""
    if role not in users.ROLES:
        raise CommandError(f"There is no role {role}: take one of {', '.join(users.ROLES)}.")
    with open_migrated(Settings.load()) as database:
        _sign_up(database, email, name, role, _ask_password())


@user.command()
def bootstrap_admin() -> None:
    """Create an administrator if there is none: from ORDERLY_ADMIN_EMAIL and ORDERLY_ADMIN_PASSWORD, or by asking."""
    settings = Settings.load()
    with open_migrated(settings) as database:
        with database.reading() as session:
            if users.has_admin(session):
                return
        email, password = settings.admin_email, settings.admin_password.get_secret_value()
        if not password and is_terminal():
            _ask_for_admin(database, email)
        else:
            _sign_up(database, email, "Administrator", "admin", password)


@key.command("create")
def create_key(
    email: Annotated[str, typer.Option(help="Whose key it is.")],
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, for example orders:read. Repeat it for more.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="After how many days it expires.")] = None,
) -> None:
    """Make an API key. Its secret is written to stdout, once; nobody can show it again."""
    validate_body("create_api_key", {"name": name, "scopes": sorted(set(scope))})
    roles = load(find_application().contract).roles
    with open_migrated(Settings.load()) as database, database.writing() as session:
        owner = users.find_by_email(session, email)
        if owner is None or owner.status != users.ACTIVE:
            raise CommandError("There is no active account with this email address.")
        caller = Caller(owner.id, roles[owner.role], frozenset({owner.role}))
        if unheld := set(scope) - caller.scopes:
            raise CommandError(f"A key cannot do more than its owner, who does not hold {', '.join(sorted(unheld))}.")
        expiry = now() + timedelta(days=days) if days else None
        made = api_keys.create(session, caller, name=name, scopes=scope, expires_at=expiry)
        session.commit()
        err.print(f"{made.key.id} of {owner.email} may {', '.join(made.key.scopes)}. Its secret, only now:")
        out.print(made.secret)


@app.command()
def seed(
    products: Annotated[int, typer.Option(min=1, help="How many products.")] = 100,
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 50,
    orders: Annotated[int, typer.Option(min=0, help="How many orders.")] = 500,
) -> None:
    """Fill the shop with invented products, customers and orders, beside what is there."""
    random = Random()  # noqa: S311  # believable data, not a secret
    password = secrets.token_urlsafe(18)
    with open_migrated(Settings.load()) as database, Progress(console=err, transient=True) as progress:
        seeds = SeedFactory(random, hire(database, random), passwords.hash_password(password))
        wanted = [("Customers", customers, seeds.customer), ("Products", products, seeds.product)]
        for what, count, make in [*wanted, ("Orders", orders, seeds.order)]:
            for _ in progress.track(in_batches(database, count, make), total=count, description=what):
                pass
    out.print(f"Made {customers} customers, {products} products and {orders} orders.")
    out.print(f"Password of all these customers, shown only now: {password}")


def _ask_for_admin(database: Database, email: str) -> None:
    """Ask for an address and a password until both are accepted."""
    out.print("There is no administrator yet.")
    while True:
        email = typer.prompt("Email of the first administrator", default=email)
        try:
            _sign_up(database, email, "Administrator", "admin", _ask_password())
            return
        except (CommandError, DomainError) as error:
            err.print(f"{explain(error)} Please try again.")


def _ask_password() -> str:
    if not is_terminal():
        return ""
    question = "Password (12 characters or more; empty to have one made)"
    return str(typer.prompt(question, default="", show_default=False, hide_input=True, confirmation_prompt=True))


def _sign_up(database: Database, email: str, name: str, role: str, password: str) -> None:
    made = "" if password else secrets.token_urlsafe(18)
    validate_body("create_user", {"email": email, "name": name, "password": password or made})
    passwords.check_not_common(password or made)
    password_hash = passwords.hash_password(password or made)
    with database.writing() as session:
        account = accounts.sign_up(session, email=email, name=name, role=role, password_hash=password_hash)
        session.commit()
        out.print(f"{account.email} is {role}, {account.id}.")
    if made:
        out.print(f"Password, shown only now: {made}")
