"""`orderly client`: clients generated from the contract."""

from pathlib import Path
from typing import Annotated

import typer

from orderly.cli.console import out
from orderly.config.application import find_application
from orderly.contract import model
from orderly.devtools.codegen.clients import python as for_python
from orderly.devtools.codegen.clients import typescript as for_typescript

app = typer.Typer(help="Generate a client from the contract.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", help="The folder of the client; an existing client is replaced.")]
ContractFile = Annotated[Path | None, typer.Option("--contract", help="The contract file. Default: the application's.")]


@app.command()
def python(folder: Out, path: ContractFile = None) -> None:
    """Generate a Python client, with openapi-python-client."""
    for_python.generate(model.load(path or find_application().contract), folder)
    out.print(f"Install it with: pip install {folder}")


@app.command()
def typescript(folder: Out, path: ContractFile = None) -> None:
    """Generate a TypeScript client, with openapi-typescript and openapi-fetch."""
    for_typescript.generate(model.load(path or find_application().contract), folder)
    out.print(f"Install it with: npm install {folder}")
