"""The Alembic environment for the tables of db/."""

from orderly.database.migrations.environment import run

run("db")
