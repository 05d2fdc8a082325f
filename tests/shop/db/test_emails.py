"""The stored form of email addresses."""

import pytest

from db.emails import new_email
from orderly.errors import Invalid


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Alice@Example.COM", "Alice@example.com"),
        ("alice@bücher.example", "alice@xn--bcher-kva.example"),
        ("alice@BU\u0308CHER.example", "alice@xn--bcher-kva.example"),
        ("alice@xn--bcher-kva.example", "alice@xn--bcher-kva.example"),
        ("alice+shop@intranet.local", "alice+shop@intranet.local"),
        ("alice@shop.test", "alice@shop.test"),
        ("o'hara@example.com", "o'hara@example.com"),
    ],
)
def test_address_is_normalized(given: str, kept: str) -> None:
    assert new_email(given) == kept


@pytest.mark.parametrize(
    "given",
    ["", "alice", "alice@", "@example.com", "älice@example.com", "a b@example.com", "a@b@example.com", "a@-b.example"],
)
def test_invalid_address_is_rejected_without_its_value(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        new_email(given)
    assert refused.value.errors == [
        {
            "in": "body",
            "pointer": "/email",
            "keyword": "format",
            "message": "This email address cannot be used.",
        }
    ]
