"""`orderly seed`, as it is typed."""

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from db import migrations
from db.orders import Order
from db.passwords import verify
from db.session import Database
from db.users import User
from openapi.__main__ import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Types a command, on a new database in a folder of its own."""
    monkeypatch.setenv("ORDERLY_DATA_DIR", str(tmp_path))
    migrations.upgrade(f"sqlite:///{tmp_path / 'orderly.db'}")
    return lambda *words: CliRunner().invoke(app, words)


def test_it_makes_what_is_asked_for_and_says_how_to_sign_in(run, tmp_path):
    said = run("seed", "--products", "3", "--customers", "2", "--orders", "5")
    assert said.exit_code == 0, said.output
    assert "Made 2 customers, 3 products and 5 orders." in said.stdout
    password = said.stdout.strip().rpartition(" ")[2]
    database = Database(f"sqlite:///{tmp_path / 'orderly.db'}")
    with database.reading() as session:
        assert session.scalar(select(func.count(Order.id))) == 5
        hashes = session.execute(select(User.role, User.password_hash)).all()
    database.close()
    assert sorted((role, verify(kept, password)) for role, kept in hashes) == [
        ("customer", True),
        ("customer", True),
        ("staff", False),
    ]


@pytest.mark.parametrize("words", [("--products", "0"), ("--customers", "0"), ("--orders", "-1"), ("--orders", "many")])
def test_what_cannot_be_made_is_refused(run, words):
    assert run("seed", *words).exit_code == 2
