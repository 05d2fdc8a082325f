"""The application that this repository has beside the engine: the shop."""

from pathlib import Path

from sqlalchemy import URL

from orderly.config.application import find_application
from orderly.contract.model import load
from orderly.database.migrations import revisions, runner

APPLICATION = find_application(Path(__file__).parents[2])
CONTRACT_FILE = APPLICATION.contract
CONTRACT = load(CONTRACT_FILE)
REVISIONS = revisions.known(APPLICATION.migrations)


def migrate(url: str | URL, revision: str = "head") -> None:
    """Migrate a database of the shop."""
    runner.upgrade(url, APPLICATION.migrations, revision)


def migrate_back(url: str | URL, revision: str) -> None:
    """Migrate a database of the shop back."""
    runner.downgrade(url, APPLICATION.migrations, revision)
