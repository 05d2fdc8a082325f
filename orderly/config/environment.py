"""Error messages for unknown, renamed and invalid environment variables."""

from collections.abc import Iterable
from difflib import get_close_matches

from orderly.config.errors import CommandError

PREFIX = "ORDERLY_"
TEST_PREFIX = "ORDERLY_TEST_"
"""The prefix of variables that only the tests read."""
RENAMED = {
    "ORDERLY_DATABASE_READ_URL": "ORDERLY_DATABASE_REPLICA_URL",
    "ORDERLY_DRAIN": "ORDERLY_SHUTDOWN_DELAY",
    "ORDERLY_METRICS_READERS": "ORDERLY_METRICS_ALLOWED_NETWORKS",
    "ORDERLY_TLS_CERTIFICATE": "ORDERLY_TLS_CERT_FILE",
    "ORDERLY_TLS_KEY": "ORDERLY_TLS_KEY_FILE",
    "ORDERLY_TRACES_URL": "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
}
"""The variables of 1.x that have another name in 2.0."""


def check_known(variables: Iterable[str], settings: Iterable[str]) -> None:
    """Check that every variable with the prefix is a setting.

    Raises:
        CommandError: a variable is not; the message has its new name, or the nearest one.
    """
    known = [name.upper() for name in settings]
    for variable in sorted(variables):
        if new := RENAMED.get(variable.upper()):
            raise CommandError(f"Unknown setting {variable}: its name is {new} since 2.0. Rename it.")
        name = variable.upper().removeprefix(PREFIX)
        if name != variable.upper() and name not in known and not variable.upper().startswith(TEST_PREFIX):
            near = get_close_matches(name, known, n=1)
            advice = f"Did you mean {PREFIX}{near[0]}?" if near else "Remove it."
            raise CommandError(f"Unknown setting {variable}. {advice}")


def describe_invalid(location: Iterable[int | str], message: str) -> str:
    """Return the message of an invalid setting from a pydantic error."""
    name = next((str(part) for part in location), "")
    variable = name if name.isupper() else f"{PREFIX}{name.upper()}"  # an alias is the whole name of a variable
    message = message.removeprefix("Value error, ")
    return f"{variable} is invalid: {message[:1].lower()}{message[1:].rstrip('.')}"
