"""What Alembic runs: our transaction if there is one, otherwise one on the database of the environment."""

import os
from contextlib import nullcontext

from alembic import context

from db.migrations import belongs_to, metadata, transaction

given = context.config.attributes.get("connection")
with nullcontext(given) if given is not None else transaction(os.environ["ORDERLY_DATABASE_URL"]) as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_object=belongs_to(connection.dialect.name),
        transactional_ddl=True,
    )
    context.run_migrations()
