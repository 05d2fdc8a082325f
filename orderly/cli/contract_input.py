"""The contract's rules for a request body, for those who do by command what others do by request."""

from typing import Any

from orderly.config.application import find_application
from orderly.config.errors import CommandError
from orderly.contract import model
from orderly.validation.errors import validation_errors
from orderly.validation.schemas import SchemaCompiler


def validate_body(operation_id: str, body: dict[str, Any]) -> None:
    """Raise CommandError unless the operation would take this body. No value is named: it may be a password."""
    loaded = model.load(find_application().contract)
    operation = next(o for o in loaded.operations if o.operation_id == operation_id)
    validator = SchemaCompiler(loaded).compile(operation.body["application/json"])
    errors = validation_errors(validator, body, {"in": "body"})
    if errors:
        messages = (f"{error['pointer'].lstrip('/').replace('/', ' ')} {error['message']}" for error in errors)
        raise CommandError("; ".join(f"the {each}" for each in messages).capitalize() + ".")
