"""What Alembic runs: on our connection if there is one, otherwise on one to the database of the environment."""

import os
from contextlib import nullcontext

from alembic import context

from orderly.database.migrations.lock import migration_lock
from orderly.database.migrations.runner import belongs_to, metadata

given = context.config.attributes.get("connection")
with nullcontext(given) if given is not None else migration_lock(os.environ["ORDERLY_DATABASE_URL"]) as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_object=belongs_to(connection.dialect.name),
        transactional_ddl=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
