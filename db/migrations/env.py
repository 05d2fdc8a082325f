"""What Alembic runs to migrate the tables of db/."""

from orderly.database.migrations.environment import run

run("db")
