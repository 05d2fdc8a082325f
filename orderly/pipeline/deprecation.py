"""An operation that will end says so in every answer."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from orderly.contract.loader import ContractError
from orderly.contract.operation import Operation


def deprecation_headers(operation: Operation) -> dict[str, str]:
    """The headers of a deprecated operation: since when (RFC 9745), and when it ends (RFC 8594) if that is known.

    Raises:
        ContractError: it does not say since when, or not as YYYY-MM-DD.
    """
    value = operation.node.value
    if not value.get("deprecated"):
        return {}
    headers = {"Deprecation": f"@{_day(operation, value.get('x-deprecated-since')).timestamp():.0f}"}
    if "x-sunset" in value:
        headers["Sunset"] = format_datetime(_day(operation, value["x-sunset"]), usegmt=True)
    return headers


def _day(operation: Operation, text: Any) -> datetime:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ContractError(
            f"{operation.operation_id} is deprecated: it needs x-deprecated-since, a day such as 2026-01-31, "
            "and x-sunset, if it has one, is such a day"
        ) from None
