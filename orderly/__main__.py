"""The command line, begun."""

import sys
from pathlib import Path

from orderly.server.gc import freeze_gc


def main() -> None:
    """Run one command."""
    sys.path.insert(0, str(Path.cwd()))  # handlers and db are the application's, and not installed
    with freeze_gc():
        from orderly.cli.main import run  # all that the commands are made of
    run()


if __name__ == "__main__":
    main()
