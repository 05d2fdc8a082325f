"""`orderly check`: whether the contract can be served, and what of it is not built yet."""

from pathlib import Path
from typing import Annotated

import typer
from openapi_spec_validator import OpenAPIV31SpecValidator

from openapi import contract
from openapi.arguments import find_handler
from openapi.commands.terminal import err, out


def check(
    path: Annotated[Path, typer.Argument(help="The contract's file.")] = contract.DEFAULT_PATH,
) -> None:
    """Check the contract: whether it is valid OpenAPI 3.1, whether it can be served, and what has no handler."""
    loaded = contract.load(path)
    complaints = [*_invalid(loaded), *_unexplained(loaded), *_unheld(loaded)]
    for complaint in complaints:
        err.print(complaint, markup=False)
    missing = [o for o in loaded.operations if find_handler(o) is None]
    for operation in missing:
        out.print(f"{operation.operation_id} ({operation.method} {operation.path}) has no handler: it answers 501.")
    if complaints:
        raise typer.Exit(1)
    out.print(f"The contract is sound: {len(loaded.operations)} operations, {len(missing)} without a handler.")


def _invalid(loaded: contract.Contract) -> list[str]:
    errors = OpenAPIV31SpecValidator(loaded.document).iter_errors()
    return [f"#/{'/'.join(map(str, error.absolute_path))}: {error.message.splitlines()[0]}" for error in errors]


def _unexplained(loaded: contract.Contract) -> list[str]:
    used = {
        code
        for operation in loaded.operations
        for response in operation.responses.values()
        for code in response.error_codes or ()
    }
    complete = {code for code, entry in loaded.errors.items() if {"title", "cause", "cure"} <= entry.keys()}
    return [f"The error {code} needs a title, a cause and a cure in x-errors." for code in sorted(used - complete)]


def _unheld(loaded: contract.Contract) -> list[str]:
    held = frozenset[str]().union(*loaded.roles.values())
    return [
        f"{operation.operation_id} asks for {scope}, which no role of x-roles holds."
        for operation in loaded.operations
        for scope in sorted(scopes_of(operation) - held)
    ]


def scopes_of(operation: contract.Operation) -> frozenset[str]:
    """Every scope that an operation asks for, by whichever credential."""
    return frozenset[str]().union(*(scopes for each in operation.security for scopes in each.values()))
