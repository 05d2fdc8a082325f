"""The normal form of an email address."""

import unicodedata
from contextlib import suppress

from email_validator import EmailNotValidError, EmailSyntaxError, ValidatedEmail, validate_email

PLACEHOLDER = ".zz"
"""A top-level domain without an owner that is no special-use domain."""


def normalize_email(email: str) -> str:
    """Return an address in its normal form: NFC, the domain in lower case and as A-labels.

    DNS is not queried. Special-use domains such as `.local` and `.test` are accepted: services on an intranet use them.

    Raises:
        ValueError: the text is not an email address.
    """
    try:
        found = _validate(unicodedata.normalize("NFC", email))
    except EmailNotValidError as error:
        raise ValueError("not an email address") from error
    domain = found.ascii_domain.removesuffix(PLACEHOLDER)
    if "." not in domain:
        raise ValueError("not an email address")
    return f"{found.local_part}@{domain}"


def _validate(email: str) -> ValidatedEmail:
    # The library refuses special-use domains, unless its list of them is changed for the whole process. Below another
    # top-level domain they are like any other; a text that is no address is none there either.
    for candidate in (email, email + PLACEHOLDER):
        with suppress(EmailSyntaxError):
            return validate_email(
                candidate, allow_smtputf8=False, check_deliverability=False, globally_deliverable=False
            )
    raise EmailNotValidError("special-use domain")
