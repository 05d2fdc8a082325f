"""The links of the contract, followed from the responses that declare them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orderly.contract.operation import Operation
from orderly.database.database import Database
from tests.asgi import Client
from tests.shop.application import CONTRACT
from tests.shop.contract.scenarios import ExampleRequest, example_hash, example_request

OPERATIONS = {operation.operation_id: operation for operation in CONTRACT.operations}
LINKS = [
    (operation, name, link["operationId"])
    for operation in CONTRACT.operations
    for name, link in (operation.node["responses"][operation.success.status].value.get("links") or {}).items()
]
IDS = [f"{operation.operation_id}-{name}" for operation, name, _ in LINKS]
LATER = {"fulfil_order": "invalid_transition", "refund_order": "invalid_transition"}
"""Error codes of links that need a paid order."""


@pytest.fixture
def carol(sign_in: Callable[..., Client]) -> Client:
    return sign_in("carol", password_hash=example_hash())


def value(expression: Any, made: Any, request: ExampleRequest) -> str:
    """Return the value of a runtime expression (OpenAPI 3.1, 4.8.20.3)."""
    member = expression.removeprefix("$response.body#/")
    return request.target.split("/")[3] if member == expression else made[member]


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("operation", "name", "target"), LINKS, ids=[f"{o.operation_id}-{name}" for o, name, _ in LINKS]
)
def test_link_resolves_to_the_created_resource(
    operation: Operation, name: Any, target: Any, carol: Client, client: Client, database: Database
) -> None:
    request = example_request(operation, database, carol.user)
    made = request.send(carol).json
    link = operation.node["responses"][operation.success.status]["links"][name].value
    given = {key: value(each, made, request) for key, each in link.get("parameters", {}).items()}
    following = example_request(OPERATIONS[target], database, carol.user)
    following = replace(following, target=CONTRACT.base_path + OPERATIONS[target].path.format(**given))
    if "requestBody" in link:
        body = {key: value(each, made, request) for key, each in link["requestBody"].items()}
        following = replace(following, body=body)
    response = following.send(client.signed_in(made["access_token"]) if "access_token" in made else carol)
    if target in LATER:
        assert response.code == LATER[target]
    else:
        assert str(response.status) == OPERATIONS[target].success.status, response
