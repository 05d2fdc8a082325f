"""`orderly key`: API keys, made by whoever runs the shop."""

from datetime import timedelta
from typing import Annotated

import typer

from db import api_keys, users
from orderly import Caller
from orderly.cli.console import err, out
from orderly.cli.contract_input import validate_body
from orderly.cli.db import open_migrated
from orderly.clock import now
from orderly.config.settings import CommandError, Settings
from orderly.contract import model

app = typer.Typer(help="API keys.", no_args_is_help=True)


@app.command()
def create(
    email: Annotated[str, typer.Option(help="Whose key it is.")],
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, for example orders:read. Repeat it for more.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="After how many days it expires.")] = None,
) -> None:
    """Make an API key. Its secret is written to stdout, once; nobody can show it again."""
    validate_body("create_api_key", {"name": name, "scopes": sorted(set(scope))})
    roles = model.load().roles
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
