"""Timeline of an example: the operations since its creation."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.devtools.sandbox.examples import Example, bodies_of, example_result, moment

Action = tuple[Operation, datetime, Any]
"""An operation with its time and its body."""


def history(contract: Contract, create: Operation, row: Example) -> Iterator[Action]:
    """Yield the operations between the creation of an example and its state.

    The example of an operation such as `pay_order` contains the time that the operation sets: `paid_at` equals
    `updated_at`. A row with such a time was paid at that time.
    """
    created = example_result(create)
    for operation in contract.operations:
        if operation.method == "POST" and operation.path.startswith(f"{create.path}/{{"):
            changed = _changed(created, example_result(operation))
            at = next((at for name in _times(changed) if (at := moment(row.get(name)))), None)
            if at is not None:
                yield operation, at, _body(operation, changed, row)


def _times(changed: Example) -> Iterator[str]:
    """Yield the members with the time of the operation."""
    return (n for n, value in changed.items() if n != "updated_at" and value == changed.get("updated_at"))


def _changed(before: Example, after: Example) -> Example:
    return {name: value for name, value in after.items() if value != before.get(name)}


def _body(operation: Operation, changed: Example, row: Example) -> Any:
    """Return the example of the body, with the values of the row."""
    example = next(iter(bodies_of(operation)), None)
    if not isinstance(example, dict):
        return example
    body = {name: next(_counterparts(value, changed, row), value) for name, value in example.items()}
    return {name: value for name, value in body.items() if value is not None}


def _counterparts(value: Any, shown: Any, real: Any) -> Iterator[Any]:
    """Yield what `real` has where `shown` has the value."""
    if type(shown) is type(value) and shown == value:
        yield real
    elif isinstance(shown, dict) and isinstance(real, dict):
        for name, each in shown.items():
            yield from _counterparts(value, each, real.get(name))
