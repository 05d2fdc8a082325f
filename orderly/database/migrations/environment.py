"""The Alembic environment, run by an application's `migrations/env.py`."""

import os
from contextlib import nullcontext

from alembic import context

from orderly.database.migrations.lock import migration_lock
from orderly.database.migrations.metadata import belongs_to, metadata


def run(package: str) -> None:
    """Run the migrations of a database package.

    `orderly db` passes its connection. For the `alembic` command, open one to ORDERLY_DATABASE_URL.
    """
    passed = context.config.attributes.get("connection")
    opened = migration_lock(os.environ["ORDERLY_DATABASE_URL"]) if passed is None else nullcontext(passed)
    with opened as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata(package),
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            include_object=belongs_to(connection.dialect.name),
            transactional_ddl=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
