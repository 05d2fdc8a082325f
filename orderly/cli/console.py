"""How the commands speak: facts to stdout, refusals as one line to stderr."""

import sys

from rich.console import Console

from orderly.errors import Invalid

NON_TTY_WIDTH = 1000
"""Columns where nobody looks at a terminal: in a pipe or a file nothing is wrapped or cut."""

# Names of files and people may have brackets, which are no markup here.
out = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else NON_TTY_WIDTH, soft_wrap=True)
err = Console(highlight=False, markup=False, stderr=True, soft_wrap=True)


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def explain(error: Exception) -> str:
    """Return the line that a failed command shows."""
    if isinstance(error, Invalid):
        return "; ".join(f"{each['pointer'].lstrip('/')}: {each['message']}" for each in error.errors)
    return str(error)
