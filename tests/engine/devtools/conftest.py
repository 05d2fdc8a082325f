"""Fixtures of the commands, shared with the tests of other commands."""

from tests.commands import orderly
from tests.shop.cli.conftest import shop

__all__ = ["orderly", "shop"]
