"""The variables that settings are read from: names that no setting has, and values that do not fit."""

from collections.abc import Iterable
from difflib import get_close_matches

from orderly.config.errors import CommandError

PREFIX = "ORDERLY_"
TEST_PREFIX = "ORDERLY_TEST_"
"""Variables that only the tests read."""
RENAMED = {
    "ORDERLY_DATABASE_READ_URL": "ORDERLY_DATABASE_REPLICA_URL",
    "ORDERLY_DRAIN": "ORDERLY_SHUTDOWN_DELAY",
    "ORDERLY_METRICS_READERS": "ORDERLY_METRICS_ALLOWED_NETWORKS",
    "ORDERLY_TLS_CERTIFICATE": "ORDERLY_TLS_CERT_FILE",
    "ORDERLY_TLS_KEY": "ORDERLY_TLS_KEY_FILE",
    "ORDERLY_TRACES_URL": "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
}
"""Variables of 1.x and their names in 2.0."""


def check_known(variables: Iterable[str], settings: Iterable[str]) -> None:
    """Raise CommandError for a variable with our prefix that is no setting, with the nearest name."""
    known = [name.upper() for name in settings]
    for variable in sorted(variables):
        if new := RENAMED.get(variable.upper()):
            raise CommandError(f"There is no setting {variable}: it is called {new} since 2.0. Rename it.")
        name = variable.upper().removeprefix(PREFIX)
        if name != variable.upper() and name not in known and not variable.upper().startswith(TEST_PREFIX):
            near = get_close_matches(name, known, n=1)
            advice = f"did you mean {PREFIX}{near[0]}?" if near else "remove it."
            raise CommandError(f"There is no setting {variable}: {advice}")


def describe_invalid(location: Iterable[int | str], message: str) -> str:
    """What is said of a value that does not fit."""
    name = next((str(part) for part in location), "")
    variable = name if name.isupper() else f"{PREFIX}{name.upper()}"  # an alias is a variable as it is
    message = message.removeprefix("Value error, ")
    return f"{variable} is not valid: {message[:1].lower()}{message[1:].rstrip('.')}"
