"""The command line, begun."""

from orderly.server.gc import freeze_gc


def main() -> None:
    """Run one command."""
    with freeze_gc():
        from orderly.cli.main import run  # all that the commands are made of
    run()


if __name__ == "__main__":
    main()
