"""Email addresses: the one form in which they are kept, and how they are looked up."""

import unicodedata

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from orderly.errors import Invalid

# The library's own way to let them in: a shop may well be on an intranet, where `.local` and `.test` are at home.
SPECIAL_USE_DOMAIN_NAMES.clear()

LOCAL_PART = 64
"""How many octets an address may have before the @ (RFC 5321, 4.5.3.1.1)."""


class _InvalidEmail(Invalid):
    def __init__(self) -> None:
        super().__init__("/email", "format", "This is not an email address that we can use.")


def normal_email(email: str) -> str:
    """The address in its one form: NFC, the domain in lower case and as A-labels; `Invalid` if it is none.

    Nothing is asked of the DNS, and special-use domains are as good as others.
    """
    try:
        found = validate_email(
            unicodedata.normalize("NFC", email),
            allow_smtputf8=False,
            check_deliverability=False,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        raise _InvalidEmail from error
    if "." not in found.ascii_domain:
        raise _InvalidEmail
    return f"{found.local_part}@{found.ascii_domain}"


def new_email(email: str) -> str:
    """The normal form of an address that is about to be an account's; `Invalid` if its local part is too long.

    One that was taken before there was this rule can still sign in and is still told.
    """
    address = normal_email(email)
    if address.index("@") > LOCAL_PART:
        raise _InvalidEmail
    return address


def email_key(email: str) -> str:
    """How an address is looked up; empty, which no row has, if it is no address."""
    try:
        return normal_email(email).lower()
    except Invalid:
        return ""
