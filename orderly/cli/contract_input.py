"""The contract's rules for a request body, for those who do by command what others do by request."""

from typing import Any

from orderly.config.settings import Refused
from orderly.contract import model
from orderly.validation.schemas import Validators, errors_of


def refuse_unfit(operation_id: str, body: dict[str, Any]) -> None:
    """Raise Refused unless the operation would take this body. No value is named: it may be a password."""
    loaded = model.load()
    operation = next(o for o in loaded.operations if o.operation_id == operation_id)
    validator = Validators(loaded).of(operation.body["application/json"])
    errors = errors_of(validator, body, {"in": "body"})
    if errors:
        said = (f"{error['pointer'].lstrip('/').replace('/', ' ')} {error['message']}" for error in errors)
        raise Refused("; ".join(f"the {each}" for each in said).capitalize() + ".")
