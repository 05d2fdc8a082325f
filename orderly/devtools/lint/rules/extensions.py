"""Rules for extensions: known names with the required headers and statuses."""

from orderly.contract.bundle import BUNDLED_FILES
from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations
from orderly.devtools.lint.rules.structure import parameters
from orderly.devtools.lint.specification import DATES, EXTENSIONS

KINDS_WITHOUT_EXTENSIONS = ("components", "path", "callback", "body", "media", "example", "link", "security_scheme")
DEPRECATED = ("operation", "parameter", "header", "schema")
"""Kinds of places that can be deprecated."""
QUOTA = ("RateLimit", "RateLimit-Policy")


def extension_is_known(draft: ContractDocument) -> Violations:
    """Reject unknown extensions: a misspelt one would have no effect."""
    for kind in (*EXTENSIONS, *KINDS_WITHOUT_EXTENSIONS):
        known = {*EXTENSIONS.get(kind, ()), *({BUNDLED_FILES} if kind == "contract" else ())}
        for node in draft.of(kind):
            for key in [key for key in node.value if key.startswith("x-") and key not in known]:
                yield (
                    node.child(key, None),
                    f"Correct or remove {key}: the extensions known here are {', '.join(sorted(known)) or 'none'}.",
                )


def idempotent_is_complete(draft: ContractDocument) -> Violations:
    """Require the headers and the errors that `x-idempotent` implies."""
    for operation in draft.operations():
        if operation.value.get("x-idempotent"):
            yield from _without_header(draft, operation, "x-idempotent", "Idempotency-Key")
            yield from _without_status(operation, "x-idempotent", "409", "idempotency_key_in_flight")
            yield from _without_status(operation, "x-idempotent", "422", "idempotency_key_reused")
            yield from _without_headers_of_success(operation, "x-idempotent", ("Idempotency-Replayed",))


def header_has_its_extension(draft: ContractDocument) -> Violations:
    """Require the extension of a header: the header alone has no effect."""
    for operation in draft.operations():
        names = {p["name"].value for p in parameters(draft, operation)}
        for name, extension in (("Idempotency-Key", "x-idempotent"), ("If-Match", "x-precondition")):
            if name in names and extension not in operation.value:
                yield operation, f"Add {extension}: without it {operation['operationId'].value} ignores {name}."


def precondition_is_complete(draft: ContractDocument) -> Violations:
    """Require If-Match and 412, and 428 if `x-precondition` is required."""
    for operation in draft.operations():
        precondition = operation.value.get("x-precondition")
        if precondition:
            yield from _without_header(draft, operation, "x-precondition", "If-Match")
            yield from _without_status(operation, "x-precondition", "412", "precondition_failed")
        if precondition == "required":
            yield from _without_status(operation, "x-precondition", "428", "precondition_required")


def rate_limit_is_complete(draft: ContractDocument) -> Violations:
    """Require 429 and the headers with the remaining quota for `x-rate-limit`."""
    for operation in draft.operations():
        if operation.value.get("x-rate-limit"):
            yield from _without_status(operation, "x-rate-limit", "429", "rate_limited")
            yield from _without_headers_of_success(operation, "x-rate-limit", QUOTA)


def deprecation_has_dates(draft: ContractDocument) -> Violations:
    """Require both dates if deprecated (RFC 9745, RFC 8594), and only then."""
    for node in draft.of(*DEPRECATED):
        if node.value.get("deprecated") is True:
            missing = ", ".join(date for date in DATES if date not in node.value)
            if missing:
                yield node.child("deprecated", None), f"Add {missing}: a date such as 2027-01-31."
        else:
            for date in DATES.keys() & node.value.keys():
                yield node.child(date, None), f"Add deprecated: true, or remove {date}."


def sunset_is_later(draft: ContractDocument) -> Violations:
    """Require a sunset after the deprecation (RFC 9745, 4).

    Clients need time between the announcement and the removal.
    """
    for node in draft.of(*DEPRECATED):
        since, sunset = (node.value.get(date) for date in DATES)
        if since and sunset and sunset <= since:
            yield node.child("x-sunset", None), "Write a date after x-deprecated-since."


RULES = (
    extension_is_known,
    idempotent_is_complete,
    header_has_its_extension,
    precondition_is_complete,
    rate_limit_is_complete,
    deprecation_has_dates,
    sunset_is_later,
)


def _without_header(draft: ContractDocument, operation: Node, extension: str, name: str) -> Violations:
    if not any(p["name"].value == name and p["in"].value == "header" for p in parameters(draft, operation)):
        yield operation[extension], f"Add the header {name} to the parameters: {extension} requires it."


def _without_status(operation: Node, extension: str, status: str, code: str) -> Violations:
    response = operation["responses"].get(status)
    if response is None:
        yield operation[extension], f"Add a {status} to the responses: {extension} requires it."
    elif code not in response.target.value.get("x-error-codes", []):
        yield response, f"Add {code} to the x-error-codes of this {status}: {extension} requires it."


def _without_headers_of_success(operation: Node, extension: str, names: tuple[str, ...]) -> Violations:
    for status, response in operation["responses"].items():
        for name in names if status.startswith("2") else ():
            if name not in response.value.get("headers", {}):
                yield response, f"Add the header {name} to the {status}: {extension} requires it."
