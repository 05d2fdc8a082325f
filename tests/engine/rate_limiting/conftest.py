"""One database, of which rate limits need none."""

from tests.engine.pipeline.conftest import application, migrated

__all__ = ["application", "migrated"]
