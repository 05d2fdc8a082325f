"""What an application's `migrations/env.py` runs for Alembic."""

import os
from contextlib import nullcontext

from alembic import context

from orderly.database.migrations.lock import migration_lock
from orderly.database.migrations.metadata import belongs_to, metadata


def run(package: str) -> None:
    """Run the migrations of a database package.

    They run on the connection of `orderly db`. The `alembic` command has none, and gets one to the database of
    ORDERLY_DATABASE_URL.
    """
    given = context.config.attributes.get("connection")
    with nullcontext(given) if given is not None else migration_lock(os.environ["ORDERLY_DATABASE_URL"]) as connection:
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
