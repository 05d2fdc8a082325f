"""Preferred responses of the sandbox (`Prefer`, RFC 7240)."""

from typing import Any

import pytest

from orderly.contract.operation import Operation
from orderly.devtools.sandbox.sandbox import Sandbox
from orderly.validation.response import ResponseValidator
from orderly.validation.schemas import SchemaCompiler
from tests.asgi import Client, Response
from tests.shop.application import CONTRACT

VALIDATORS = SchemaCompiler(CONTRACT)


def prefer(sandbox: Sandbox, operation: Operation, status: str, name: str) -> Response:
    """Return a preferred response, and check it by the contract."""
    client, target = Client(sandbox.app), CONTRACT.base_path + operation.path
    response = client(operation.method, target, None, {"Prefer": f"code={status}; example={name}"})
    headers = {header.name: response.headers.get(header.name.lower()) for header in operation.responses[status].headers}
    given = {header: value for header, value in headers.items() if value is not None}
    body = response.json if response.body else None
    ResponseValidator(operation, VALIDATORS).check(response.status, response.headers.get("content-type"), given, body)
    return response


class TestPreferredResponse:
    @pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
    def test_every_declared_response_matches_the_contract(self, sandbox: Sandbox, operation: Operation) -> None:
        for status, declared in operation.responses.items():
            for name in ("", *(declared.error_codes or ())):
                response = prefer(sandbox, operation, status, name)
                assert (response.status, not name or response.code == name) == (int(status), True)

    def test_request_receives_the_preferred_status(self, people: dict[str, Any]) -> None:
        response = people["customer"].post("/v1/orders", {"no": "order"}, {"Prefer": "code=409, wait=1"})
        assert (response.status, response.headers["preference-applied"]) == (409, "code=409")
        assert response.json["request_id"] == response.headers["x-request-id"]

    def test_request_receives_the_preferred_code(self, people: dict[str, Any]) -> None:
        response = people["customer"].post("/v1/orders", {}, {"Prefer": "code=409; example=price_changed"})
        assert (response.code, response.json["title"]) == ("price_changed", CONTRACT.errors["price_changed"]["title"])

    @pytest.mark.parametrize("preferred", ["code=abc", "respond-async", "code=4090"])
    def test_invalid_preference_is_ignored(self, people: dict[str, Any], preferred: str) -> None:
        response = people["customer"].get("/v1/me", {"Prefer": preferred})
        assert (response.status, "preference-applied" in response.headers) == (200, False)

    def test_undeclared_status_is_rejected(self, people: dict[str, Any]) -> None:
        response = people["customer"].post("/v1/orders", {}, {"Prefer": "code=418"})
        assert (response.status, response.code) == (400, "validation_error")
        [error] = response.json["errors"]
        assert (error["in"], error["name"]) == ("header", "Prefer")
        assert error["message"].startswith("create_order declares 201, 400, 401")

    def test_service_without_sandbox_ignores_preferences(self, client: Client) -> None:
        for operation in CONTRACT.operations:
            call = operation.method, CONTRACT.base_path + operation.path, None
            plain = client(*call)
            for status in operation.responses:
                preferred = client(*call, {"Prefer": f"code={status}"})
                assert (preferred.status, preferred.headers.keys()) == (plain.status, plain.headers.keys())
