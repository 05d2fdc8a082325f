"""The scopes of every operation by name.

The access matrix derives its statuses from the contract, so it cannot see a wrong scope in the contract.
"""

from orderly.contract.operation import Operation
from tests.shop.application import CONTRACT

SCOPES = {
    "": "create_user create_token refresh_token list_products get_product get_liveness get_readiness",
    "me:read": "get_me list_my_sessions",
    "me:write": "update_me revoke_my_session delete_me update_my_password revoke_current_token",
    "me:read | users:read": "get_user",
    "users:read": "list_users",
    "users:read users:write": "update_user disable_user enable_user",
    "api-keys:read": "list_api_keys",
    "api-keys:write": "create_api_key revoke_api_key rotate_api_key",
    "products:write": "create_product update_product archive_product",
    "stock:read": "list_stock_adjustments",
    "stock:write": "adjust_stock",
    "orders:read": "list_orders get_order",
    "orders:write": "create_order update_order cancel_order",
    "orders:manage": "pay_order fulfil_order",
    "orders:refund": "refund_order",
    "events:read": "list_events",
}
"""The alternatives of scopes, and their operations; without a scope an operation is public."""
ROLES = {
    "staff": {"users:read", "products:write", "stock:read", "stock:write", "orders:manage", "events:read"},
    "admin": {"users:write", "orders:refund"},
}
"""The scopes that a role has beyond the role before it."""
BEARER_ONLY = {"delete_me", "update_my_password", "revoke_current_token"}


def scopes(operation: Operation, scheme: str) -> str:
    return " | ".join(sorted(" ".join(sorted(each[scheme])) for each in operation.security if scheme in each))


def test_every_operation_has_its_scopes() -> None:
    by_operation = {name: wanted for wanted, names in SCOPES.items() for name in names.split()}

    assert {o.operation_id: scopes(o, "bearer") for o in CONTRACT.operations} == by_operation


def test_keys_need_the_same_scopes() -> None:
    differing = {o.operation_id for o in CONTRACT.operations if scopes(o, "apiKey") != scopes(o, "bearer")}

    assert differing == BEARER_ONLY


def test_only_public_operations_need_no_credential() -> None:
    public = {o.operation_id for o in CONTRACT.operations if o.is_public or not all(o.security)}

    assert public == set(SCOPES[""].split())


def test_every_role_has_its_scopes() -> None:
    roles = CONTRACT.roles

    assert roles["staff"] - roles["customer"] == ROLES["staff"]
    assert roles["admin"] - roles["staff"] == ROLES["admin"]
