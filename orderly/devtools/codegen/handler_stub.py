"""The function that an operation waits for, typed as the contract has it."""

import re
from collections.abc import Iterator
from textwrap import fill

from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.contract.operation import Operation, Parameter

ENGINE_PARAMETERS = {"limit", "cursor", "after", "if_match", "if_none_match", "idempotency_key"}
"""Parameters that the corridor answers for; a handler does not see them."""
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
WIDTH = 120


def stub_of(contract: Contract, operation: Operation, *, is_first: bool) -> str:
    """The Python source of an operation's handler, with nothing in it yet.

    Args:
        contract: where the operation stands.
        operation: what is to be handled.
        is_first: whether it begins its file, which then has its first sentence and its imports; another one has the
            two empty lines that part it from the one before.
    """
    summary = str(operation.node.value.get("summary", operation.operation_id))
    sentence = summary if summary.endswith((".", "?", "!")) else f"{summary}."
    function = f'{_signature(operation)}\n    """{sentence}"""\n    raise NotImplementedError\n'
    return f"{_head(contract, operation, function)}\n\n{function}" if is_first else f"\n\n{function}"


def imports_of(contract: Contract, operation: Operation) -> list[str]:
    """The lines that import what the stub of an operation names."""
    head = stub_of(contract, operation, is_first=True).partition("\ndef ")[0]
    return [line for line in head.splitlines() if line.startswith(("import ", "from "))]


def body_type(operation: Operation) -> str | None:
    """The type of an operation's body; None if it takes none."""
    return next((_type(schema) for schema in operation.body.values()), None)


def result_type(operation: Operation) -> str:
    """The type of what the handler of an operation gives."""
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
    """What is always given, what the corridor hands in, and what may be left out."""
    wanted = [p for p in operation.parameters if p.argument not in ENGINE_PARAMETERS]
    yield from (f"{p.argument}: {_type(p.schema)}" for p in wanted if _is_given(p))
    if not result.startswith("Page["):
        yield f"session: {'ReadSession' if operation.method == 'GET' else 'Session'}"
    if not operation.is_public:
        yield "caller: Caller"
    yield from (f"{p.argument}: {_type(p.schema)} | None = None" for p in wanted if not _is_given(p))


def _is_given(parameter: Parameter) -> bool:
    """Whether there is always a value: the corridor fills defaults in."""
    return parameter.required or parameter.schema.get("default") is not None


def _type(schema: Node) -> str:
    """A named object as `handlers/contract_types.py` has it, anything else as plain Python."""
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
