"""The error that ends a command with one line."""


class CommandError(Exception):
    """A failed command. The message is one plain line that states what to do."""
