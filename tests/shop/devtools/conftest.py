"""The command line in the folder of the shop."""

from tests.commands import orderly
from tests.shop.cli.conftest import shop

__all__ = ["orderly", "shop"]
