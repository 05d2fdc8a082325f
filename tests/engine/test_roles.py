"""The scopes of roles, and roles that extend others."""

import pytest

from orderly.contract.loader import ContractError
from orderly.contract.roles import scopes_by_role

ROLES = {
    "customer": ["orders:read"],
    "staff": {"extends": "customer", "scopes": ["users:read"]},
    "admin": {"extends": "staff"},
}


def test_a_role_has_the_scopes_of_the_roles_that_it_extends() -> None:
    assert scopes_by_role(ROLES) == {
        "customer": {"orders:read"},
        "staff": {"orders:read", "users:read"},
        "admin": {"orders:read", "users:read"},
    }


@pytest.mark.parametrize(
    ("customer", "message"),
    [
        ({"extends": "owner"}, "the role customer extends owner, which x-roles does not have"),
        ({"extends": "customer"}, "the role customer extends itself: customer -> customer"),
        ({"extends": "admin"}, "the role customer extends itself: customer -> admin -> staff -> customer"),
    ],
)
def test_an_unknown_role_or_a_circle_is_an_error(customer: dict[str, str], message: str) -> None:
    with pytest.raises(ContractError) as broken:
        scopes_by_role({**ROLES, "customer": customer})

    assert str(broken.value) == message
    assert broken.value.pointer == "/x-roles/customer/extends"
