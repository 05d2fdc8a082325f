"""The access matrix: every operation as every kind of caller."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db import accounts
from db.access_tokens import AccessTokens
from orderly.contract.operation import Operation
from orderly.database.database import Database
from orderly.docs.access import access
from tests.asgi import Client, Response
from tests.settings import SECRET
from tests.shop.application import CONTRACT
from tests.shop.contract.scenarios import absent, example_hash, example_request
from tests.shop.factories import make_caller, make_key, make_session, make_user

COLUMNS = ("anonymous", "owner", "other customer", "staff", "admin", "key with scope", "key without", "disabled")
OWNED_BY_OTHERS = {
    "user_id": {"users:read"},  # an account is visible to its owner, or with the scope
    "order_id": {"orders:manage", "orders:refund"},  # the same for an order
    "session_id": set[str](),  # sessions and keys are visible to their owner only
    "key_id": set[str](),
}
"""Scopes for the objects of other users, by path parameter; one of them is enough."""
GRANTED = frozenset({"me:read", "orders:read"})
"""The scopes of the key of the examples, which its creator must hold."""


def alternatives(operation: Operation, scheme: str) -> list[frozenset[str]]:
    return [each[scheme] for each in operation.security if scheme in each]


def holder(operation: Operation) -> str:
    """Return the role of the key's owner: customer if possible, admin otherwise."""
    needed = alternatives(operation, "apiKey") or alternatives(operation, "bearer")
    return "customer" if any(CONTRACT.roles["customer"] >= scopes for scopes in needed) else "admin"


def scopes_of(operation: Operation, column: str) -> frozenset[str]:
    """Return the scopes of a column."""
    role = {"owner": "customer", "other customer": "customer"}.get(column, column)
    if not column.startswith("key"):
        return CONTRACT.roles[role]
    held = CONTRACT.roles[holder(operation)]
    needed = frozenset[str]().union(*alternatives(operation, "apiKey"), *alternatives(operation, "bearer"))
    with_scope = (needed | GRANTED) & held
    return with_scope if column == "key with scope" else held - needed


def expected(operation: Operation, column: str) -> str:
    """Return the status of a cell."""
    if operation.is_public:
        return operation.success.status
    if column in ("anonymous", "disabled"):
        return "401"
    scopes = scopes_of(operation, column)
    scheme = "apiKey" if column.startswith("key") else "bearer"
    if not any(scopes >= each for each in alternatives(operation, scheme)):
        return "403"
    owned = [
        OWNED_BY_OTHERS[p.name] for p in operation.parameters if p.location == "path" and p.name in OWNED_BY_OTHERS
    ]
    is_owner = column == "owner" or (column.startswith("key") and holder(operation) == "customer")
    return operation.success.status if is_owner or all(each & scopes for each in owned) else "404"


@pytest.fixture
def callers(client: Client, database: Database) -> Callable[[Operation], dict[str, Any]]:
    """A function that returns all callers of an operation by column."""

    def sign_in(session: Session, name: str, **given: Any) -> Client:
        user = make_user(session, name, password_hash=example_hash(), **given)
        token, _ = AccessTokens(SECRET).issue(user.id, make_session(session, user).session.id)
        return client.signed_in(token, user)

    with database.writing() as session:
        people = {name: sign_in(session, name) for name in ("alice", "charlie", "bob", "carol")}
        erin, dora = (sign_in(session, name, role="admin") for name in ("erin", "dora"))
        accounts.disable(session, dora.user)
        session.commit()

    def callers(operation: Operation) -> dict[str, Any]:
        owner = people["alice"] if holder(operation) == "customer" else erin
        keys = {column: key(owner.user, scopes_of(operation, column)) for column in COLUMNS if column.startswith("key")}
        own = dict(zip(COLUMNS, (client, *people.values()), strict=False))
        return own | keys | {"disabled": dora}

    def key(owner: Any, scopes: frozenset[str]) -> Client:
        caller = make_caller(owner, scopes=CONTRACT.roles[owner.role])
        with database.writing() as session:
            made = make_key(session, owner, caller=caller, scopes=sorted(scopes))
            session.commit()
        return client.with_key(made.secret)

    return callers


@pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
def test_every_caller_has_exactly_the_declared_access(
    operation: Operation, callers: Callable[[Operation], dict[str, Any]], database: Database
) -> None:
    everyone = callers(operation)
    owner = everyone["owner"].user
    # Rejected requests come first: they change nothing.
    for column in sorted(COLUMNS, key=lambda column: expected(operation, column).startswith("2")):
        request = example_request(operation, database, owner)
        response = request.send(everyone[column])
        assert (column, str(response.status)) == (column, expected(operation, column)), response
        if response.status == 404:
            assert bare(response) == bare(absent(operation, request).send(everyone[column]))
        if column == "other customer" and not operation.is_public:
            assert owner.id.encode() not in response.body, "data of another user"


def bare(response: Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Return a response without the request's id."""
    body = response.body.replace(response.headers["x-request-id"].encode(), b"")
    return response.status, body, [each for each in response.raw_headers if each[0] != "x-request-id"]


@pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
def test_table_of_the_docs_equals_the_matrix(operation: Operation) -> None:
    people = {"anonymous": "anonymous", "customer": "owner", "staff": "staff", "admin": "admin"}
    statuses = {role: expected(operation, column) for role, column in people.items()}
    shown = access(CONTRACT, operation)

    # The docs show the status for an object that the caller may see.
    assert {role: shown[role] if status == "404" else status for role, status in statuses.items()} == shown


def test_every_owned_resource_has_a_rule() -> None:
    named = {p.name for o in CONTRACT.operations for p in o.parameters if p.location == "path"}
    assert named - {"product_id"} == OWNED_BY_OTHERS.keys()
