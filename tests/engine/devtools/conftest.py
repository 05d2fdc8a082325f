"""The workbench is commands: what runs them is that of the other commands."""

from tests.commands import orderly
from tests.shop.cli.conftest import shop

__all__ = ["orderly", "shop"]
