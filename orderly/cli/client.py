"""`orderly client`: clients, made from the contract."""

from pathlib import Path
from typing import Annotated

import typer

from orderly.cli.console import out
from orderly.config.application import find_application
from orderly.contract import model
from orderly.devtools.codegen.clients import python as for_python
from orderly.devtools.codegen.clients import typescript as for_typescript

app = typer.Typer(help="Clients, made from the contract.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", help="The folder of the client; a client in it is made anew.")]
ContractFile = Annotated[
    Path | None, typer.Option("--contract", help="The contract's file; the application's if left out.")
]


@app.command()
def python(folder: Out, path: ContractFile = None) -> None:
    """Make the client for Python, with openapi-python-client."""
    for_python.generate(model.load(path or find_application().contract), folder)
    out.print(f"Install it with: pip install {folder}")


@app.command()
def typescript(folder: Out, path: ContractFile = None) -> None:
    """Make the client for TypeScript, with openapi-typescript and openapi-fetch."""
    for_typescript.generate(model.load(path or find_application().contract), folder)
    out.print(f"Install it with: npm install {folder}")
