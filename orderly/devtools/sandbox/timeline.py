"""What became of a thing after it was made: the operations that the contract shows to have brought it where it is."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.devtools.sandbox.examples import Example, bodies_of, moment, shown_by

Action = tuple[Operation, datetime, Any]
"""What was done, when, and with which body."""


def history(contract: Contract, create: Operation, row: Example) -> Iterator[Action]:
    """What was done to a thing that is shown in a later state than it begins in.

    The example of an operation such as `pay_order` shows which time it sets (`paid_at`: the one that is that of the
    change). A thing that is shown with such a time was paid then.
    """
    made = shown_by(create)
    for operation in contract.operations:
        if operation.method == "POST" and operation.path.startswith(f"{create.path}/{{"):
            changed = _changed(made, shown_by(operation))
            at = next((at for name in _times(changed) if (at := moment(row.get(name)))), None)
            if at is not None:
                yield operation, at, _body(operation, changed, row)


def _times(changed: Example) -> Iterator[str]:
    """The members that hold when it was done."""
    return (n for n, value in changed.items() if n != "updated_at" and value == changed.get("updated_at"))


def _changed(made: Example, done: Example) -> Example:
    return {name: value for name, value in done.items() if value != made.get(name)}


def _body(operation: Operation, changed: Example, row: Example) -> Any:
    """The body of the example, with what the row has where the example has what was sent."""
    example = next(iter(bodies_of(operation)), None)
    if not isinstance(example, dict):
        return example
    sent = {name: next(_counterparts(value, changed, row), value) for name, value in example.items()}
    return {name: value for name, value in sent.items() if value is not None}


def _counterparts(value: Any, shown: Any, real: Any) -> Iterator[Any]:
    """What stands in `real` wherever `shown` has the value."""
    if type(shown) is type(value) and shown == value:
        yield real
    elif isinstance(shown, dict) and isinstance(real, dict):
        for name, each in shown.items():
            yield from _counterparts(value, each, real.get(name))
