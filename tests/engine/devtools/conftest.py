"""The workbench is commands: what runs them is that of the other commands."""

from tests.shop.cli.conftest import Said, orderly, shop

__all__ = ["Said", "orderly", "shop"]
