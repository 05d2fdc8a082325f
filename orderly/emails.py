"""The normal form of an email address."""

import unicodedata
from contextlib import suppress

from email_validator import EmailNotValidError, EmailSyntaxError, ValidatedEmail, validate_email

PLACEHOLDER_TLD = ".zz"
"""A top-level domain that is neither assigned nor a special-use domain."""


def normalize_email(email: str) -> str:
    """Return the normal form of an email address.

    The form is NFC, with the domain in lower case and as A-labels. DNS is not queried. Special-use domains such as
    `.local` and `.test` are accepted, because intranets use them.

    Raises:
        ValueError: the text is not an email address.
    """
    try:
        address = _validate(unicodedata.normalize("NFC", email))
    except EmailNotValidError as error:
        raise ValueError("not an email address") from error
    domain = address.ascii_domain.removesuffix(PLACEHOLDER_TLD)
    if "." not in domain:
        raise ValueError("not an email address")
    return f"{address.local_part}@{domain}"


def _validate(email: str) -> ValidatedEmail:
    # The library rejects special-use domains, unless its list of them is changed for the whole process. Below another
    # top-level domain they pass, and an invalid address stays invalid.
    for candidate in (email, email + PLACEHOLDER_TLD):
        with suppress(EmailSyntaxError):
            return validate_email(
                candidate, allow_smtputf8=False, check_deliverability=False, globally_deliverable=False
            )
    raise EmailNotValidError("special-use domain")
