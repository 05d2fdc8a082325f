"""Email addresses of accounts: the form in which they are kept, and how they are looked up."""

from orderly.emails import normalize_email
from orderly.errors import Invalid

LOCAL_PART = 64
"""Octets that an address may have before the @ (RFC 5321, 4.5.3.1.1)."""


class InvalidEmail(Invalid):
    """A text that is not an email address."""

    def __init__(self) -> None:
        super().__init__("/email", "format", "This is not an email address that we can use.")


def new_email(email: str) -> str:
    """Return the normal form of the address of a new account.

    Addresses that were registered before this limit existed keep working.

    Raises:
        InvalidEmail: it is not an address, or its local part is too long.
    """
    try:
        address = normalize_email(email)
    except ValueError as error:
        raise InvalidEmail from error
    if address.index("@") > LOCAL_PART:
        raise InvalidEmail
    return address


def email_key(email: str) -> str:
    """Return the form that an address is looked up by; empty, which no row has, for an invalid one."""
    try:
        return normalize_email(email).lower()
    except ValueError:
        return ""
