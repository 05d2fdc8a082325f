"""The workbench is commands: what runs them is that of the other commands."""

from tests.shop.cli.conftest import CommandResult, orderly, shop

__all__ = ["CommandResult", "orderly", "shop"]
