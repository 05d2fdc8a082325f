"""The entry point of the command line."""

from orderly.server.gc import freeze_gc


def main() -> None:
    """Run one command."""
    with freeze_gc():
        from orderly.cli.main import run  # imports the whole engine
    run()


if __name__ == "__main__":
    main()
