"""The comparison of problems with the contract's catalogue and examples."""

from typing import Any

import pytest

from tests.contract_coverage.problems import differs_from_catalogue, example_of, is_example
from tests.shop.application import CONTRACT

OPERATIONS = {operation.operation_id: operation for operation in CONTRACT.operations}
CANCEL = OPERATIONS["cancel_order"]
EXAMPLE: dict[str, Any] = example_of(CANCEL, "409") or {}
SENT = {**EXAMPLE, "request_id": "req_01m8cjeh7bevas3e7x3z80cfd9"}


def test_problem_with_another_request_id_equals_the_example() -> None:
    assert is_example(CANCEL, "409", SENT)


@pytest.mark.parametrize("change", [{"title": "No."}, {"detail": "No."}, {"status": 400}, {"errors_": []}])
def test_problem_with_another_member_differs_from_the_example(change: dict[str, Any]) -> None:
    assert not is_example(CANCEL, "409", {**SENT, **change})


def test_response_without_a_body_has_no_example() -> None:
    assert example_of(OPERATIONS["get_order"], "304") is None


@pytest.mark.parametrize("status", ["paid", "fulfilled"])
def test_fields_of_a_detail_may_have_any_value(status: str) -> None:
    detail = f"The order is {status}. This operation needs an order that is pending."

    assert not differs_from_catalogue(CONTRACT.errors, {**SENT, "detail": detail})


@pytest.mark.parametrize("change", [{"title": "No."}, {"detail": "The order is paid."}])
def test_another_text_differs_from_the_catalogue(change: dict[str, str]) -> None:
    assert differs_from_catalogue(CONTRACT.errors, {**SENT, **change})
