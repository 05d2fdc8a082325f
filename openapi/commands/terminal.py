"""How the commands speak: facts to stdout, refusals as one line to stderr."""

import sys

from rich.console import Console

WIDE = 300
"""Columns where nobody looks at a terminal: a pipe or a file should not be wrapped at 80."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE, soft_wrap=True)
err = Console(highlight=False, stderr=True, soft_wrap=True)


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
