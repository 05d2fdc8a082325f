"""`orderly client`: clients, made from the contract."""

from pathlib import Path
from typing import Annotated

import typer

from orderly.cli.console import out
from orderly.contract import model
from orderly.devtools.codegen.clients import python as for_python
from orderly.devtools.codegen.clients import typescript as for_typescript

app = typer.Typer(help="Clients, made from the contract.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", help="The folder of the client; a client in it is made anew.")]
ContractFile = Annotated[Path, typer.Option("--contract", help="The contract's file.")]


@app.command()
def python(folder: Out, path: ContractFile = model.DEFAULT_PATH) -> None:
    """Make the client for Python, with openapi-python-client."""
    for_python.generate(model.load(path), folder)
    out.print(f"Install it with: pip install {folder}")


@app.command()
def typescript(folder: Out, path: ContractFile = model.DEFAULT_PATH) -> None:
    """Make the client for TypeScript, with openapi-typescript and openapi-fetch."""
    for_typescript.generate(model.load(path), folder)
    out.print(f"Install it with: npm install {folder}")
