"""`orderly types` and `orderly stub`: from the contract to the Python that handles it."""

from typing import Annotated

import typer

from orderly.cli.console import err, out
from orderly.config.application import find_application
from orderly.config.errors import CommandError
from orderly.contract import model
from orderly.devtools.codegen.handler_stub import imports_of, stub_of
from orderly.devtools.codegen.typed_dicts import types_of


def types(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail unless they are up to date.")] = False,
) -> None:
    """Make handlers/contract_types.py from the contract, so that mypy finds handlers that differ from it."""
    application = find_application()
    file = application.contract_types
    name = file.relative_to(application.folder)
    made = types_of(model.load(application.contract).source)
    if file.exists() and file.read_text() == made:
        out.print(f"{name} is up to date.")
    elif check:
        raise CommandError(f"{name} is not what the contract says: run `orderly types`.")
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made)
        out.print(f"Made {name}.")


def stub(operation_id: Annotated[str, typer.Argument(help="The operationId.", metavar="OPERATION")]) -> None:
    """Write the handler of an operation to stdout, as handlers/ would have it, to be filled."""
    application = find_application()
    loaded = model.load(application.contract)
    found = next((o for o in loaded.operations if o.operation_id == operation_id), None)
    if found is None:
        raise CommandError(f"The contract has no operation {operation_id}; `orderly routes` lists them.")
    file = application.contract_types.with_name(f"{found.tag.replace('-', '_')}.py")
    # `>> handlers/<tag>.py` has made an empty file of that name before this runs.
    written = file.read_text() if file.exists() else ""
    err.print(f"# {file.relative_to(application.folder)}")
    out.print(stub_of(loaded, found, is_first=not written), markup=False, end="")
    for line in [line for line in imports_of(loaded, found) if written and line not in written]:
        err.print(f"# it needs: {line}", markup=False)
