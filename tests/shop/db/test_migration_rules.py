"""Migrations are safe while the version before serves, checked by Squawk."""

import re
import subprocess
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.requirements import program
from tests.shop.application import REVISIONS, migrate, migrate_back

POSTGRESQL = "13.0"
"""The oldest version with transaction numbers that are never reused (`pg_current_xact_id`)."""
ALLOWED = {
    "prefer-text-field": "a column has the maximum length of the contract, and both may only grow",
    "prefer-bigint-over-int": "versions and quantities have small bounds",
    "prefer-robust-stmts": "a migration is one transaction, or one index that is dropped before its creation",
    "require-timeout-settings": "`orderly.database.migrations.lock` sets the lock timeout of all migrations",
}
ALLOWED_IN = {
    "0009": {"ban-drop-constraint": "a user's row is never deleted, so no record can lose its user"},
}
"""Rules that one revision may break, with the reason."""
CHANGE = re.compile(r"\s*(?:CREATE|ALTER|DROP)\b")


@pytest.fixture(scope="module")
def changes(bare_postgresql: str) -> dict[str, Any]:
    """The statements of each revision, as (outside of a transaction, SQL)."""
    statements: dict[str, Any] = {}
    now: list[Any] = []

    def notice(connection: Any, _cursor: Any, statement: Any, *_: Any) -> None:
        if CHANGE.match(statement):
            now.append((connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT", statement.strip()))

    migrate_back(bare_postgresql, "base")
    event.listen(Engine, "before_cursor_execute", notice)
    for revision in REVISIONS:
        now = statements[revision] = []
        migrate(bare_postgresql, revision)
    event.remove(Engine, "before_cursor_execute", notice)
    return statements


def script(changes: list[Any]) -> str:
    return "\n".join(sql + ";" if alone else f"BEGIN;\n{sql};\nCOMMIT;" for alone, sql in changes).replace(
        "\nCOMMIT;\nBEGIN;", ""
    )


def findings(sql: str, allowed: dict[str, str] | tuple[()] = ()) -> list[Any]:
    rules = [*ALLOWED, *allowed]
    words = ["--pg-version", POSTGRESQL, "--reporter", "gcc", *(word for rule in rules for word in ("-e", rule))]
    result = subprocess.run([program("squawk"), *words], input=sql, capture_output=True, text=True, check=False)
    assert result.returncode in (0, 1), result.stderr
    return [line for line in result.stdout.splitlines() if line.startswith("stdin:")]


@pytest.mark.needs("postgresql", "squawk")
@pytest.mark.parametrize("revision", REVISIONS)
def test_previous_version_can_continue_serving(changes: dict[str, Any], revision: str) -> None:
    assert changes[revision] != []
    assert findings(script(changes[revision]), ALLOWED_IN.get(revision, ())) == []


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("revision", REVISIONS)
def test_nontransactional_statement_is_its_own_migration(changes: dict[str, Any], revision: str) -> None:
    if any(alone for alone, _ in changes[revision]):
        assert all(alone for alone, _ in changes[revision])


@pytest.mark.needs("squawk")
@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        ("require-concurrent-index-creation", "CREATE INDEX ix_orders_note ON orders (note)"),
        ("ban-drop-column", "ALTER TABLE orders DROP COLUMN note"),
        ("ban-drop-table", "DROP TABLE events"),
        ("renaming-column", "ALTER TABLE orders RENAME COLUMN note TO remark"),
        ("renaming-table", "ALTER TABLE orders RENAME TO purchases"),
        ("adding-required-field", "ALTER TABLE orders ADD COLUMN channel VARCHAR(20) NOT NULL"),
        ("adding-not-nullable-field", "ALTER TABLE orders ALTER COLUMN note SET NOT NULL"),
        ("changing-column-type", "ALTER TABLE orders ALTER COLUMN version TYPE BIGINT"),
        ("constraint-missing-not-valid", "ALTER TABLE orders ADD CONSTRAINT ck_orders_note CHECK (note <> '')"),
        ("adding-foreign-key-constraint", "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id)"),
        ("disallowed-unique-constraint", "ALTER TABLE orders ADD CONSTRAINT uq_orders_note UNIQUE (note)"),
    ],
)
def test_breaking_or_blocking_statement_is_found(rule: str, sql: str) -> None:
    assert any(rule in line for line in findings(script([(False, sql)]))), findings(script([(False, sql)]))
