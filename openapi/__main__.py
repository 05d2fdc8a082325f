"""The command line, begun."""

from openapi.lasting import lasting


def main() -> None:
    """Run one command."""
    with lasting():
        from openapi.commands.line import run  # all that the commands are made of
    run()


if __name__ == "__main__":
    main()
