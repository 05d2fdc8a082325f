"""Consoles of the commands: results on stdout, errors and progress on stderr."""

import sys

from rich.console import Console

NON_TTY_WIDTH = 1000
"""Width in columns without a terminal: output to a pipe or a file is neither wrapped nor cut."""

# Names of files and people may contain brackets, which Rich would read as markup.
out = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else NON_TTY_WIDTH, soft_wrap=True)
err = Console(highlight=False, markup=False, stderr=True, soft_wrap=True)


def is_terminal() -> bool:
    """Return whether a prompt is possible."""
    return sys.stdin.isatty() and sys.stdout.isatty()
