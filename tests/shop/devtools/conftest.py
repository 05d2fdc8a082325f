"""The command line and the shop, for the developer tools."""

from tests.commands import orderly
from tests.shop.cli.conftest import shop
from tests.shop.conftest import application, client, database, migrated, sign_in

__all__ = ["application", "client", "database", "migrated", "orderly", "shop", "sign_in"]
