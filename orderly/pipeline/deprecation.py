"""Response headers of deprecated operations."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from orderly.contract.loader import ContractError
from orderly.contract.operation import Operation


def deprecation_headers(operation: Operation) -> dict[str, str]:
    """Return Deprecation (RFC 9745) and Sunset (RFC 8594), if declared.

    Raises:
        ContractError: `x-deprecated-since` is missing, or one of the dates is not YYYY-MM-DD.
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
            f"{operation.operation_id} is deprecated: it needs x-deprecated-since with a date such as 2026-01-31, "
            "and x-sunset, if present, must be a date too"
        ) from None
