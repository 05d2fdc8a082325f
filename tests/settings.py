"""Settings for tests, independent of the environment."""

import os
from typing import Any

import pytest

from orderly.config.settings import PREFIX, Settings

SECRET = "a secret for tests, of 32 bytes and more"


def make_settings(**given: Any) -> Settings:
    """Return the settings of a service, whatever the environment has."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            environment.delenv(name)
        return Settings(**{"secret_key": SECRET, "database_url": "sqlite:///data/orderly.db", **given})
