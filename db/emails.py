"""Email addresses of accounts: validation and look-up keys."""

from orderly.emails import normalize_email
from orderly.errors import Invalid

LOCAL_PART = 64
"""Maximum octets of an address before the @ (RFC 5321, 4.5.3.1.1)."""


class InvalidEmail(Invalid):
    """A text that is not an email address."""

    def __init__(self) -> None:
        super().__init__("/email", "format", "This email address cannot be used.")


def new_email(email: str) -> str:
    """Return the normalized address of a new account.

    Addresses that were registered before this limit existed keep working.

    Raises:
        InvalidEmail: the text is not an email address, or its local part is too long.
    """
    try:
        address = normalize_email(email)
    except ValueError as error:
        raise InvalidEmail from error
    if address.index("@") > LOCAL_PART:
        raise InvalidEmail
    return address


def email_key(email: str) -> str:
    """Return the look-up key of an address.

    The key of an invalid address is empty, which matches no row.
    """
    try:
        return normalize_email(email).lower()
    except ValueError:
        return ""
