"""Stub of a handler: a function with the types of the contract."""

import re
from collections.abc import Iterator
from textwrap import fill

from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.contract.operation import Operation, Parameter

ENGINE_PARAMETERS = {"limit", "cursor", "after", "if_match", "if_none_match", "idempotency_key"}
"""Parameters that the pipeline handles; a handler does not receive them."""
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
WIDTH = 120


def stub_of(contract: Contract, operation: Operation, *, is_first: bool) -> str:
    """Return the Python source of a handler without a body.

    Args:
        contract: the contract of the operation.
        operation: the operation to handle.
        is_first: whether the stub starts its file. The first stub has the module docstring and the imports, others
            start with two empty lines.
    """
    summary = str(operation.node.value.get("summary", operation.operation_id))
    sentence = summary if summary.endswith((".", "?", "!")) else f"{summary}."
    function = f'{_signature(operation)}\n    """{sentence}"""\n    raise NotImplementedError\n'
    return f"{_head(contract, operation, function)}\n\n{function}" if is_first else f"\n\n{function}"


def imports_of(contract: Contract, operation: Operation) -> list[str]:
    """Return the import lines that the stub of an operation needs."""
    head = stub_of(contract, operation, is_first=True).partition("\ndef ")[0]
    return [line for line in head.splitlines() if line.startswith(("import ", "from "))]


def body_type(operation: Operation) -> str | None:
    """Return the type of the request body, or None without one."""
    return next((_type(schema) for schema in operation.body.values()), None)


def result_type(operation: Operation) -> str:
    """Return the result type of a handler."""
    schema = next(iter(operation.success.media.values()), None)
    if schema is None:
        return "None"
    rows = schema.get("properties", "data", "items") if schema.get("properties", "next_cursor") else None
    return f"Page[{_type(rows)}]" if rows else _type(schema)


def _signature(operation: Operation) -> str:
    body, result = body_type(operation), result_type(operation)
    first = [f"body: {body}"] if body else []
    rest = list(_keywords(operation, result))
    arguments = [*first, *(["*", *rest] if rest else [])]
    line = f"def {operation.operation_id}({', '.join(arguments)}) -> {result}:"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"def {operation.operation_id}(", *(f"    {each}," for each in arguments), f") -> {result}:"])


def _keywords(operation: Operation, result: str) -> Iterator[str]:
    """Yield required parameters, injected arguments and optional parameters."""
    parameters = [p for p in operation.parameters if p.argument not in ENGINE_PARAMETERS]
    yield from (f"{p.argument}: {_type(p.schema)}" for p in parameters if _has_value(p))
    if not result.startswith("Page["):
        yield f"session: {'ReadSession' if operation.method == 'GET' else 'Session'}"
    if not operation.is_public:
        yield "caller: Caller"
    yield from (f"{p.argument}: {_type(p.schema)} | None = None" for p in parameters if not _has_value(p))


def _has_value(parameter: Parameter) -> bool:
    """Return whether a parameter always has a value: the pipeline sets defaults."""
    return parameter.required or parameter.schema.get("default") is not None


def _type(schema: Node) -> str:
    """Return a type of `handlers/contract_types.py`, or a plain Python type."""
    target = schema.target
    kind = target.value.get("type")
    if kind == "array":
        return f"list[{_type(target['items'])}]"
    if isinstance(kind, str) and kind in TYPES:
        return TYPES[kind]
    parent, _, name = target.pointer.rpartition("/")
    return f"contract_types.{name}" if parent == "/components/schemas" else "Any"


def _head(contract: Contract, operation: Operation, function: str) -> str:
    tags = {tag["name"]: tag.get("description") for tag in contract.document.get("tags", [])}
    sentence = fill(tags.get(operation.tag) or f"{operation.tag.capitalize()}.", WIDTH - 6)
    public = [name for name in ("Caller", "Page", "ReadSession") if re.search(rf"\b{name}\b", function)]
    imports = {
        r"\bAny\b": "from typing import Any\n",
        r": Session\b": "from sqlalchemy.orm import Session\n",
        r"\bcontract_types\.": "from handlers import contract_types",
    }
    lines = [line for pattern, line in imports.items() if re.search(pattern, function)]
    own = [f"from orderly import {', '.join(public)}"] if public else []
    return "\n".join([f'"""{sentence}"""\n', *lines, *own]) + "\n"
