"""The variables that settings are read from: names that no setting has, and values that do not fit."""

from collections.abc import Iterable
from difflib import get_close_matches

from orderly.config.secret_key import CommandError

PREFIX = "ORDERLY_"
TEST_PREFIX = "ORDERLY_TEST_"
"""Variables that only the tests read."""


def check_known(variables: Iterable[str], settings: Iterable[str]) -> None:
    """Raise CommandError for a variable with our prefix that is no setting, with the nearest name."""
    known = [name.upper() for name in settings]
    for variable in sorted(variables):
        name = variable.upper().removeprefix(PREFIX)
        if name != variable.upper() and name not in known and not variable.upper().startswith(TEST_PREFIX):
            near = get_close_matches(name, known, n=1)
            advice = f"did you mean {PREFIX}{near[0]}?" if near else "remove it."
            raise CommandError(f"There is no setting {variable}: {advice}")


def complaint(location: Iterable[int | str], message: str) -> str:
    """What is said of a value that does not fit."""
    name = next((str(part) for part in location), "")
    message = message.removeprefix("Value error, ")
    return f"{PREFIX}{name.upper()} is not valid: {message[:1].lower()}{message[1:].rstrip('.')}"
