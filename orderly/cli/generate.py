"""`orderly types` and `orderly stub`: from the contract to the Python that handles it."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from orderly.cli.console import err, out
from orderly.config.settings import CommandError
from orderly.contract import model
from orderly.devtools.codegen.handler_stub import imports_of, stub_of
from orderly.devtools.codegen.typed_dicts import types_of

TYPES = model.DEFAULT_PATH.parents[1] / "handlers" / "contract_types.py"


def types(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail unless they are up to date.")] = False,
) -> None:
    """Make handlers/contract_types.py from the contract, so that mypy finds handlers that differ from it."""
    made = types_of(model.load().source)
    if TYPES.exists() and TYPES.read_text() == made:
        out.print("handlers/contract_types.py is up to date.")
    elif check:
        raise CommandError("handlers/contract_types.py is not what the contract says: run `orderly types`.")
    else:
        TYPES.write_text(made)
        out.print("Made handlers/contract_types.py.")


def stub(operation_id: Annotated[str, typer.Argument(help="The operationId.", metavar="OPERATION")]) -> None:
    """Write the handler of an operation to stdout, as handlers/ would have it, to be filled."""
    loaded = model.load()
    found = next((o for o in loaded.operations if o.operation_id == operation_id), None)
    if found is None:
        raise CommandError(f"The contract has no operation {operation_id}; `orderly routes` lists them.")
    module = found.tag.replace("-", "_")
    spec = find_spec(f"handlers.{module}")
    # `>> handlers/<tag>.py` has made an empty file of that name before this runs.
    written = Path(spec.origin).read_text() if spec and spec.origin else ""
    err.print(f"# handlers/{module}.py")
    out.print(stub_of(loaded, found, is_first=not written), markup=False, end="")
    for line in [line for line in imports_of(loaded, found) if written and line not in written]:
        err.print(f"# it needs: {line}", markup=False)
