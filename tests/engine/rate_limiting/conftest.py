"""One database is enough for rate limits."""

from tests.engine.pipeline.conftest import application, migrated

__all__ = ["application", "migrated"]
