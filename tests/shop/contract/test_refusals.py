"""Errors of every operation, as its contract declares them."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, select

from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.database.database import Database
from orderly.http.messages import Receive, Scope, Send
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.conftest import url_of
from tests.contract_coverage.capture import recorded
from tests.contract_coverage.problems import example_of
from tests.requirements import needing_postgresql
from tests.settings import make_settings
from tests.shop.application import CONTRACT
from tests.shop.contract.scenarios import ExampleRequest, absent, example_hash, example_request

ON_SQLITE = pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
"""Requests rejected before the handler are the same on every database."""
EVERY = pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
OPERATIONS = {operation.operation_id: operation for operation in CONTRACT.operations}
LONG = "a" * 9000
UNKNOWN_KEY = {"X-API-Key": "ok_tr4sjm6r_" + "0" * 38}
KEY = {"Idempotency-Key": "once"}

INVALID: dict[str, Callable[[ExampleRequest], ExampleRequest]] = {
    "validation_error": lambda request: replace(request, target=f"{request.target}?nonsense=1"),
    "ambiguous_credentials": lambda request: request.with_headers(**UNKNOWN_KEY),
    "not_acceptable": lambda request: request.with_headers(Accept="text/html"),
    "precondition_failed": lambda request: request.with_headers(If_Match='"1000"'),
    "precondition_required": lambda request: replace(request, headers={}),
    "body_too_large": lambda request: replace(request, body={"note": "a" * 256 * 1024}),
    "uri_too_long": lambda request: replace(request, target=f"{request.target}?nonsense={LONG}"),
    "headers_too_large": lambda request: request.with_headers(X_Long=LONG * 2),
    "unsupported_media_type": lambda request: request.with_headers(Content_Type="text/plain"),
}
"""Functions that make a valid request invalid, by the code of the response."""
EVERYWHERE = ("validation_error", "not_acceptable", "uri_too_long", "headers_too_large")
"""Codes of checks in every operation, which each has to declare."""


@pytest.fixture
def carol(sign_in: Callable[..., Client]) -> Client:
    """An administrator beside another one."""
    sign_in("erin", role="admin")
    return sign_in("carol", password_hash=example_hash())


@pytest.fixture(scope="module")
def limited(migrated: Database) -> Iterator[Callable[[Scope, Receive, Send], Awaitable[None]]]:
    """The service with limits of one request."""
    contract = Contract(re.sub(rb"\{limit: \d+, window", b"{limit: 1, window", CONTRACT.source))
    app = create_shop(make_settings(database_url=url_of(migrated), rate_limits=True), contract)
    yield recorded(app)
    asyncio.run(shut_down(app))


def declared(operation: Operation, code: str) -> int | None:
    """Return the declared status of a code, None without one."""
    found = [s for s, response in operation.responses.items() if code in (response.error_codes or ())]
    return int(found[0]) if found else None


@ON_SQLITE
@EVERY
def test_each_invalid_request_has_its_own_code(operation: Operation, carol: Client, database: Database) -> None:
    request = example_request(operation, database, carol.user)
    for code, spoil in INVALID.items():
        status = declared(operation, code)
        if status or code in EVERYWHERE:
            response = spoil(request).send(carol)
            assert (response.status, response.code) == (status, code)


@ON_SQLITE
@EVERY
def test_request_without_a_valid_credential_is_rejected(
    operation: Operation, client: Client, carol: Client, database: Database
) -> None:
    request = example_request(operation, database, carol.user)
    if not operation.is_public:
        assert request.send(client).code == "unauthenticated"
        assert request.send(client.with_key(UNKNOWN_KEY["X-API-Key"])).code == "invalid_token"


@ON_SQLITE
def test_another_method_is_not_allowed(client: Client) -> None:
    assert client.delete("/v1/users").code == "method_not_allowed"


@ON_SQLITE
def test_operation_without_a_handler_is_not_implemented(database: Database) -> None:
    app = recorded(create_shop(make_settings(database_url=url_of(database)), handlers=lambda _: None))
    response = Client(app).get("/v1/products")
    assert (response.status, response.code) == (501, "not_implemented")
    asyncio.run(shut_down(app))


@ON_SQLITE
@EVERY
def test_missing_resource_is_not_found(operation: Operation, carol: Client, database: Database) -> None:
    if declared(operation, "not_found"):
        response = absent(operation, example_request(operation, database, carol.user)).send(carol)
        assert (response.status, response.code) == (404, "not_found")


@pytest.mark.parametrize("operation", [o for o in CONTRACT.operations if o.idempotent], ids=lambda o: o.operation_id)
class TestIdempotencyKeys:
    @ON_SQLITE
    def test_key_belongs_to_one_request(self, operation: Any, carol: Client, database: Database) -> None:
        request, other = (example_request(operation, database, carol.user).with_headers(**KEY) for _ in range(2))
        first, again = request.send(carol), request.send(carol)
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers["idempotency-replayed"] == "true"
        assert (other.send(carol).status, other.send(carol).code) == (422, "idempotency_key_reused")

    # SQLite's writers wait for each other.
    @pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)
    def test_key_in_flight_is_a_conflict(self, operation: Any, carol: Client, database: Database) -> None:
        number = int.from_bytes(sha256(f"{carol.user.id} once".encode()).digest()[:8], signed=True)
        with database.writing() as first:
            first.scalar(select(func.pg_try_advisory_xact_lock(number)))
            response = example_request(operation, database, carol.user).with_headers(**KEY).send(carol)
        assert (response.status, response.code) == (409, "idempotency_key_in_flight")


class TestLimits:
    @ON_SQLITE
    @pytest.mark.parametrize(
        "operation", [o for o in CONTRACT.operations if o.rate_limits], ids=lambda o: o.operation_id
    )
    def test_request_over_the_limit_is_rejected(
        self,
        operation: Any,
        limited: Callable[[Scope, Receive, Send], Awaitable[None]],
        carol: Client,
        database: Database,
    ) -> None:
        caller = Client(limited, carol.own)
        request = INVALID["validation_error"](example_request(operation, database, carol.user))
        assert (request.send(caller).status, request.send(caller).code) == (400, "rate_limited")

    def test_every_operation_except_health_has_a_limit(self) -> None:
        assert [o.operation_id for o in CONTRACT.operations if not o.rate_limits] == ["get_liveness", "get_readiness"]


@ON_SQLITE
@pytest.mark.parametrize(
    "operation", [o for o in CONTRACT.operations if "304" in o.responses], ids=lambda o: o.operation_id
)
def test_unchanged_resource_is_not_sent_again(operation: Any, carol: Client, database: Database) -> None:
    request = example_request(operation, database, carol.user)
    seen = request.send(carol)
    response = request.with_headers(If_None_Match=seen.headers["etag"]).send(carol)
    assert (response.status, response.body, response.headers["etag"]) == (304, b"", seen.headers["etag"])


def errors_in_example_of(operation_id: str) -> Any:
    """Return the errors of an operation's first example with status 400."""
    example = example_of(OPERATIONS[operation_id], "400")
    assert example is not None, f"{operation_id} has no example of a validation error"
    return example["errors"]


class TestViolations:
    """The violations in the examples equal those of a request."""

    @ON_SQLITE
    def test_violations_of_parameters(self, carol: Client) -> None:
        response = carol.get("/v1/users?limit=101&email=alice.example.com")

        assert response.json["errors"] == errors_in_example_of("list_users")

    @ON_SQLITE
    def test_violations_of_a_body(self, client: Client) -> None:
        response = client.post(
            "/v1/users", {"email": "alice.example.com", "password": "otters", "name": "Alice Archer"}
        )

        assert response.json["errors"] == errors_in_example_of("create_user")

    @ON_SQLITE
    @pytest.mark.parametrize(
        ("method", "path", "headers", "part"),
        [("GET", "/users/1", {}, "path"), ("POST", "/orders", {"Idempotency-Key": ""}, "header")],
    )
    def test_violations_of_another_part(
        self, carol: Client, method: str, path: str, headers: dict[str, Any], part: str
    ) -> None:
        response = carol(method, f"/v1{path}", None, headers)

        assert part in {violation["in"] for violation in response.json["errors"]}
