"""Whether a contract is one: OpenAPI 3.1 with schemas of JSON Schema 2020-12, extensions as we have them, servable."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema_rs
from jsonschema.exceptions import ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator

from orderly.contract.bundle import BUNDLED_FILES, Bundle
from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.devtools.document import SECTIONS, ContractDocument
from orderly.pipeline.path_templates import PathTemplates

SpecViolations = Iterator[tuple[str, str, str]]
"""The rule, the pointer of the place, the message."""

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
DAY = ({"type": "string", "format": "date"}, "say the day, such as 2027-01-31")
DAYS = {"x-deprecated-since": DAY, "x-sunset": DAY}
"""Since when something is deprecated, and until when it is there."""
COUNT = {"type": "integer", "minimum": 1}
LIMIT = {
    "type": "object",
    "required": ["limit", "window", "per"],
    "properties": {"limit": COUNT, "window": COUNT, "per": {"enum": ["caller", "address", "account"]}},
    "additionalProperties": False,
}
ROLE = {
    "type": "object",
    "minProperties": 1,
    "properties": {"extends": TEXT, "scopes": TEXTS},
    "additionalProperties": False,
}
EXTENSIONS: dict[str, dict[str, tuple[dict[str, Any], str]]] = {
    "contract": {
        "x-errors": (
            {"additionalProperties": {"type": "object", "additionalProperties": TEXT}, "type": "object"},
            "write title, detail, cause and resolution of each code",
        ),
        "x-roles": (
            {"additionalProperties": {"if": {"type": "array"}, "then": TEXTS, "else": ROLE}, "type": "object"},
            "list the scopes of each role, or write {extends: role, scopes: [...]}",
        ),
        "x-scopes": ({"additionalProperties": TEXT, "type": "object"}, "say in words what each scope allows"),
    },
    "operation": {
        "x-idempotent": ({"const": True}, "say true, or take it out"),
        "x-precondition": ({"enum": ["required", "optional"]}, "say required or optional"),
        "x-rate-limit": (
            {"if": {"type": "array"}, "then": {"items": LIMIT, "minItems": 1}, "else": LIMIT},
            "say {limit: 60, window: 60, per: caller}; per may be address or account, and there may be several",
        ),
        **DAYS,
    },
    "response": {"x-error-codes": ({**TEXTS, "minItems": 1}, "list the codes that can occur")},
    **dict.fromkeys(("parameter", "header"), DAYS),
    "schema": {**DAYS, "x-open": ({"const": True}, "say true, or take it out")},
}
"""What stands in each extension, and what to do if something else does."""

DEFINITIONS = {
    "path": "path-item",
    "operation": "operation",
    "parameter": "parameter",
    "body": "request-body",
    "response": "response",
    "media": "media-type",
    "header": "header",
    "example": "example",
    "link": "link",
}
"""What OpenAPI's own schema calls the kinds that may lie in a file of their own."""

UNKNOWN_MEMBER = re.compile(r"(?:Unevaluated|Additional) properties are not allowed \((.+) (?:was|were) unexpected\)")
"""How members are told that OpenAPI does not know."""

SCHEMA = jsonschema_rs.Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"})


def check_refs(bundle: Bundle) -> SpecViolations:
    """A `$ref` leads somewhere, and not in a circle."""
    pending = [Node(bundle.document, "", bundle.document)]
    while pending:
        node = pending.pop()
        try:
            node.target  # noqa: B018  # it raises
        except ContractError as broken:
            yield "reference", f"{node.pointer}/$ref", _without_pointer(broken)
        pending += [child for _, child in node.members() if isinstance(child.value, dict | list)]


def check_ref_kinds(bundle: Bundle) -> SpecViolations:
    """A `$ref` to a component leads to one of the kind that is wanted where it stands."""
    draft = ContractDocument(bundle.document)
    for kind, section in SECTIONS.items():
        for node in draft.of(kind):
            steps = str(node.value.get("$ref", "")).split("/")
            if len(steps) == 4 and steps[1] == "components" and steps[2] != section:
                yield "reference", f"{node.pointer}/$ref", f"name one of components/{section}: here stands a {kind}"


def check_schema(bundle: Bundle) -> SpecViolations:
    """OpenAPI 3.1 and its schemas, as their own schemas have them; extensions as the service reads them."""
    errors = OpenAPIV31SpecValidator.schema_validator.iter_errors(bundle.document)
    yield from _innermost_only(each for error in errors for each in _schema_violations(error))
    draft = ContractDocument(bundle.document)
    yield from _invalid_parts(draft)
    yield from _no_schemas(draft)
    yield from _wrong_extensions(draft)


def check_loadable(bundle: Bundle) -> SpecViolations:
    """What the service would refuse to start with."""
    try:
        loaded = Contract(bundle.source, bundle.document)
        PathTemplates(dict.fromkeys(operation.path for operation in loaded.operations))
    except ContractError as broken:
        yield "contract", broken.pointer, _without_pointer(broken)


def check_semantics(bundle: Bundle) -> SpecViolations:
    """What OpenAPI 3.1 says in words: mostly what the house rules know better, so they go first."""
    for error in OpenAPIV31SpecValidator(bundle.document).iter_errors():
        yield from _schema_violations(error)


def _innermost(error: ValidationError) -> ValidationError:
    """Of the alternatives that all fail, what is said of the one that comes furthest."""
    while error.context:
        error = max(error.context, key=lambda each: len(each.absolute_path))
    return error


def _schema_violations(error: ValidationError) -> SpecViolations:
    violation = _innermost(error)
    return _violations_at(_pointer("", violation.absolute_path), violation.message.splitlines()[0])


def _violations_at(place: str, message: str) -> SpecViolations:
    """What is said of each member that OpenAPI does not know, at its own place; or of the place as a whole."""
    unknown = UNKNOWN_MEMBER.search(message)
    for name in re.findall("'([^']+)'", unknown[1]) if unknown else ():
        yield "openapi", _pointer(place, [name]), f"OpenAPI knows no {name} here; correct it, or take it out"
    if not unknown:
        yield "openapi", place, message


def _innermost_only(violations: Iterable[tuple[str, str, str]]) -> SpecViolations:
    """What is said of the innermost places: it is why those around them do not fit either."""
    found = set(violations)
    places = {place for _, place, _ in found}
    yield from (each for each in found if not any(place.startswith(f"{each[1]}/") for place in places))


def _invalid_parts(draft: ContractDocument) -> SpecViolations:
    """What lies in other files is below an extension, where OpenAPI's schema does not look: each kind by its own."""
    standard = OpenAPIV31SpecValidator.schema_validator.schema
    known = jsonschema_rs.Registry([(standard["$id"], dict(standard))])
    for kind, definition in DEFINITIONS.items():
        reference = {"$ref": f"{standard['$id']}#/$defs/{definition}"}
        validator = jsonschema_rs.Draft202012Validator(reference, registry=known)
        for node in draft.of(kind):
            if node.pointer.startswith(f"/{BUNDLED_FILES}/") and "$ref" not in node.value:
                for error in validator.iter_errors(node.value):
                    yield from _violations_at(_pointer(node.pointer, error.instance_path), error.message)


def _no_schemas(draft: ContractDocument) -> SpecViolations:
    for schema in draft.of("schema"):
        for error in SCHEMA.iter_errors(schema.value):
            yield "json-schema", _pointer(schema.pointer, error.instance_path), error.message


def _wrong_extensions(draft: ContractDocument) -> SpecViolations:
    for kind, extensions in EXTENSIONS.items():
        for node in draft.of(kind):
            for name in extensions.keys() & node.value.keys():
                schema, cure = extensions[name]
                if not jsonschema_rs.is_valid(schema, node.value[name], validate_formats=True):
                    yield "extension", f"{node.pointer}/{name}", cure


def _pointer(pointer: str, steps: Iterable[str | int]) -> str:
    node = Node({}, pointer, None)
    for step in steps:
        node = node.child(step, None)
    return node.pointer


def _without_pointer(broken: ContractError) -> str:
    return str(broken).removeprefix(f"{broken.pointer}: ")
