"""What OpenAPI cannot say: known extensions only, and each with the headers and statuses that it brings along."""

from orderly.contract.bundle import BUNDLED_FILES
from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations
from orderly.devtools.lint.rules.structure import parameters
from orderly.devtools.lint.specification import DAYS, EXTENSIONS

KINDS_WITHOUT = ("components", "path", "callback", "body", "media", "example", "link", "security_scheme")
DEPRECATED = ("operation", "parameter", "header", "schema")
"""What can be deprecated."""
QUOTA = ("RateLimit", "RateLimit-Policy")


def extension_is_known(draft: ContractDocument) -> Violations:
    """A misspelt extension would do nothing, and nobody would notice."""
    for kind in (*EXTENSIONS, *KINDS_WITHOUT):
        known = {*EXTENSIONS.get(kind, ()), *({BUNDLED_FILES} if kind == "contract" else ())}
        for node in draft.of(kind):
            for key in [key for key in node.value if key.startswith("x-") and key not in known]:
                yield node.child(key, None), f"{key} means nothing here; known are {', '.join(sorted(known)) or 'none'}"


def idempotent_is_complete(draft: ContractDocument) -> Violations:
    """`x-idempotent` needs the header Idempotency-Key, 409, 422 and the header of a replay."""
    for operation in draft.operations():
        if operation.value.get("x-idempotent"):
            yield from _without_header(draft, operation, "x-idempotent", "Idempotency-Key")
            yield from _without_status(operation, "x-idempotent", "409", "idempotency_key_in_flight")
            yield from _without_status(operation, "x-idempotent", "422", "idempotency_key_reused")
            yield from _without_headers_of_success(operation, "x-idempotent", ("Idempotency-Replayed",))


def idempotency_key_is_taken(draft: ContractDocument) -> Violations:
    """A header Idempotency-Key without `x-idempotent` would be taken and ignored."""
    for operation in draft.operations():
        names = {p["name"].value for p in parameters(draft, operation)}
        for name, extension in (("Idempotency-Key", "x-idempotent"), ("If-Match", "x-precondition")):
            if name in names and extension not in operation.value:
                yield operation, f"{operation['operationId'].value} takes {name}: add {extension}"


def precondition_is_complete(draft: ContractDocument) -> Violations:
    """`x-precondition` needs the header If-Match and 412, and 428 where it is required."""
    for operation in draft.operations():
        wanted = operation.value.get("x-precondition")
        if wanted:
            yield from _without_header(draft, operation, "x-precondition", "If-Match")
            yield from _without_status(operation, "x-precondition", "412", "precondition_failed")
        if wanted == "required":
            yield from _without_status(operation, "x-precondition", "428", "precondition_required")


def rate_limit_is_complete(draft: ContractDocument) -> Violations:
    """`x-rate-limit` needs 429, and the headers that tell what is left."""
    for operation in draft.operations():
        if operation.value.get("x-rate-limit"):
            yield from _without_status(operation, "x-rate-limit", "429", "rate_limited")
            yield from _without_headers_of_success(operation, "x-rate-limit", QUOTA)


def deprecation_has_its_days(draft: ContractDocument) -> Violations:
    """What is deprecated says since when (RFC 9745) and until when it is there (RFC 8594); nothing else does."""
    for node in draft.of(*DEPRECATED):
        if node.value.get("deprecated") is True:
            missing = ", ".join(day for day in DAYS if day not in node.value)
            if missing:
                yield node.child("deprecated", None), f"add {missing}: a day such as 2027-01-31"
        else:
            for day in DAYS.keys() & node.value.keys():
                yield node.child(day, None), f"add deprecated: true, or take {day} out"


def sunset_is_later(draft: ContractDocument) -> Violations:
    """A thing goes some time after this was announced, so that there is time to move (RFC 9745, 4)."""
    for node in draft.of(*DEPRECATED):
        since, sunset = (node.value.get(day) for day in DAYS)
        if since and sunset and sunset <= since:
            yield node.child("x-sunset", None), "say a day after x-deprecated-since"


RULES = (
    extension_is_known,
    idempotent_is_complete,
    idempotency_key_is_taken,
    precondition_is_complete,
    rate_limit_is_complete,
    deprecation_has_its_days,
    sunset_is_later,
)


def _without_header(draft: ContractDocument, operation: Node, extension: str, name: str) -> Violations:
    if not any(p["name"].value == name and p["in"].value == "header" for p in parameters(draft, operation)):
        yield operation[extension], f"{extension} needs the header {name} among the parameters"


def _without_status(operation: Node, extension: str, status: str, code: str) -> Violations:
    response = operation["responses"].get(status)
    if response is None:
        yield operation[extension], f"{extension} needs a {status} among the responses"
    elif code not in response.target.value.get("x-error-codes", []):
        yield response, f"{extension} needs {code} among the x-error-codes of this {status}"


def _without_headers_of_success(operation: Node, extension: str, names: tuple[str, ...]) -> Violations:
    for status, response in operation["responses"].items():
        for name in names if status.startswith("2") else ():
            if name not in response.value.get("headers", {}):
                yield response, f"{extension} needs the header {name} in the {status}"
