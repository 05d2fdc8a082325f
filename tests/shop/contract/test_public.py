"""Who needs no credential is told here by name: a `security: []` that slips into the contract fails."""

from tests.shop.application import CONTRACT

PUBLIC = {
    "create_user",
    "create_token",
    "refresh_token",
    "list_products",
    "get_product",
    "get_liveness",
    "get_readiness",
}


def test_these_operations_and_no_others_are_public() -> None:
    assert {o.operation_id for o in CONTRACT.operations if o.is_public or not all(o.security)} == PUBLIC
