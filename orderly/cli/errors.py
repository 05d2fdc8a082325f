"""The line that a failed command shows."""

from orderly.config.application import find_application
from orderly.config.errors import CommandError
from orderly.contract import model
from orderly.contract.loader import ContractError
from orderly.errors import DomainError, Invalid
from orderly.http.problems import ProblemRenderer


def explain(error: Exception) -> str:
    """Return what failed and why, as one line."""
    if isinstance(error, Invalid):
        return "; ".join(f"{each['pointer'].lstrip('/')}: {each['message']}" for each in error.errors)
    return _detail(error) if isinstance(error, DomainError) else str(error)


def _detail(error: DomainError) -> str:
    """Return the detail of an error from the contract's catalogue, or its code where the catalogue cannot be read."""
    try:
        catalogue = model.load(find_application().contract).errors
    except (CommandError, ContractError):
        catalogue = {}
    return ProblemRenderer(catalogue).detail(error) or error.code
