"""`orderly types` and `orderly stub`: Python generated from the contract."""

from typing import Annotated

import typer

from orderly.cli.console import err, out
from orderly.config.application import find_application
from orderly.config.errors import CommandError
from orderly.contract import model
from orderly.devtools.codegen.handler_stub import imports_of, stub_of
from orderly.devtools.codegen.typed_dicts import types_of


def types(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if the file is out of date.")] = False,
) -> None:
    """Generate handlers/contract_types.py from the contract.

    With these types mypy finds handlers that differ from the contract.
    """
    application = find_application()
    file = application.contract_types
    name = file.relative_to(application.folder)
    generated = types_of(model.load(application.contract).source)
    if file.exists() and file.read_text() == generated:
        out.print(f"{name} is up to date.")
    elif check:
        raise CommandError(f"{name} is out of date: run `orderly types`.")
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(generated)
        out.print(f"Generated {name}.")


def stub(operation_id: Annotated[str, typer.Argument(help="The operationId.", metavar="OPERATION")]) -> None:
    """Write the skeleton of an operation's handler to stdout."""
    application = find_application()
    loaded = model.load(application.contract)
    operation = next((o for o in loaded.operations if o.operation_id == operation_id), None)
    if operation is None:
        raise CommandError(f"The contract has no operation {operation_id}: `orderly routes` lists all.")
    file = application.contract_types.with_name(f"{operation.tag.replace('-', '_')}.py")
    # A shell creates the empty file for `>> handlers/<tag>.py` before this command runs.
    existing = file.read_text() if file.exists() else ""
    err.print(f"# {file.relative_to(application.folder)}")
    out.print(stub_of(loaded, operation, is_first=not existing), markup=False, end="")
    for line in [line for line in imports_of(loaded, operation) if existing and line not in existing]:
        err.print(f"# also needed: {line}", markup=False)
