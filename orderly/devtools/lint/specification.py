"""Whether a contract is one: OpenAPI 3.1 with schemas of JSON Schema 2020-12, extensions as we have them, servable."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema_rs
from jsonschema.exceptions import ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator

from orderly.contract.bundle import PARTS, Bundle
from orderly.contract.loader import BrokenContract
from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.devtools.document import SECTIONS, Draft
from orderly.pipeline.path_templates import Paths

Told = Iterator[tuple[str, str, str]]
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
EXTENSIONS: dict[str, dict[str, tuple[dict[str, Any], str]]] = {
    "contract": {
        "x-errors": (
            {"additionalProperties": {"type": "object", "additionalProperties": TEXT}, "type": "object"},
            "say title, cause and cure of each code",
        ),
        "x-roles": ({"additionalProperties": TEXTS, "type": "object"}, "list the scopes of each role"),
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

STRANGE = re.compile(r"(?:Unevaluated|Additional) properties are not allowed \((.+) (?:was|were) unexpected\)")
"""How members are told that OpenAPI does not know."""

SCHEMA = jsonschema_rs.Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"})


def dangling(bundle: Bundle) -> Told:
    """A `$ref` leads somewhere, and not in a circle."""
    pending = [Node(bundle.document, "", bundle.document)]
    while pending:
        node = pending.pop()
        try:
            node.target  # noqa: B018  # it raises
        except BrokenContract as broken:
            yield "reference", f"{node.pointer}/$ref", _without_pointer(broken)
        pending += [child for _, child in node.members() if isinstance(child.value, dict | list)]


def misled(bundle: Bundle) -> Told:
    """A `$ref` to a component leads to one of the kind that is wanted where it stands."""
    draft = Draft(bundle.document)
    for kind, section in SECTIONS.items():
        for node in draft.of(kind):
            steps = str(node.value.get("$ref", "")).split("/")
            if len(steps) == 4 and steps[1] == "components" and steps[2] != section:
                yield "reference", f"{node.pointer}/$ref", f"name one of components/{section}: here stands a {kind}"


def invalid(bundle: Bundle) -> Told:
    """OpenAPI 3.1 and its schemas, as their own schemas have them; extensions as the service reads them."""
    errors = OpenAPIV31SpecValidator.schema_validator.iter_errors(bundle.document)
    yield from _innermost_only(each for error in errors for each in _told_by_schema(error))
    draft = Draft(bundle.document)
    yield from _invalid_parts(draft)
    yield from _no_schemas(draft)
    yield from _wrong_extensions(draft)


def unservable(bundle: Bundle) -> Told:
    """What the service would refuse to start with."""
    try:
        loaded = Contract(bundle.source, bundle.document)
        Paths(dict.fromkeys(operation.path for operation in loaded.operations))
    except BrokenContract as broken:
        yield "contract", broken.pointer, _without_pointer(broken)


def inconsistent(bundle: Bundle) -> Told:
    """What OpenAPI 3.1 says in words: mostly what the house rules know better, so they go first."""
    for error in OpenAPIV31SpecValidator(bundle.document).iter_errors():
        yield from _told_by_schema(error)


def _innermost(error: ValidationError) -> ValidationError:
    """Of the alternatives that all fail, what is said of the one that comes furthest."""
    while error.context:
        error = max(error.context, key=lambda each: len(each.absolute_path))
    return error


def _told_by_schema(error: ValidationError) -> Told:
    told = _innermost(error)
    return _told(_pointer("", told.absolute_path), told.message.splitlines()[0])


def _told(place: str, message: str) -> Told:
    """What is said of each member that OpenAPI does not know, at its own place; or of the place as a whole."""
    strange = STRANGE.search(message)
    for name in re.findall("'([^']+)'", strange[1]) if strange else ():
        yield "openapi", _pointer(place, [name]), f"OpenAPI knows no {name} here; correct it, or take it out"
    if not strange:
        yield "openapi", place, message


def _innermost_only(told: Iterable[tuple[str, str, str]]) -> Told:
    """What is said of the innermost places: it is why those around them do not fit either."""
    found = set(told)
    places = {place for _, place, _ in found}
    yield from (each for each in found if not any(place.startswith(f"{each[1]}/") for place in places))


def _invalid_parts(draft: Draft) -> Told:
    """What lies in other files is below an extension, where OpenAPI's schema does not look: each kind by its own."""
    standard = OpenAPIV31SpecValidator.schema_validator.schema
    known = jsonschema_rs.Registry([(standard["$id"], dict(standard))])
    for kind, definition in DEFINITIONS.items():
        reference = {"$ref": f"{standard['$id']}#/$defs/{definition}"}
        validator = jsonschema_rs.Draft202012Validator(reference, registry=known)
        for node in draft.of(kind):
            if node.pointer.startswith(f"/{PARTS}/") and "$ref" not in node.value:
                for error in validator.iter_errors(node.value):
                    yield from _told(_pointer(node.pointer, error.instance_path), error.message)


def _no_schemas(draft: Draft) -> Told:
    for schema in draft.of("schema"):
        for error in SCHEMA.iter_errors(schema.value):
            yield "json-schema", _pointer(schema.pointer, error.instance_path), error.message


def _wrong_extensions(draft: Draft) -> Told:
    for kind, extensions in EXTENSIONS.items():
        for node in draft.of(kind):
            for name in extensions.keys() & node.value.keys():
                shape, cure = extensions[name]
                if not jsonschema_rs.is_valid(shape, node.value[name], validate_formats=True):
                    yield "extension", f"{node.pointer}/{name}", cure


def _pointer(pointer: str, steps: Iterable[str | int]) -> str:
    node = Node({}, pointer, None)
    for step in steps:
        node = node.below(step, None)
    return node.pointer


def _without_pointer(broken: BrokenContract) -> str:
    return str(broken).removeprefix(f"{broken.pointer}: ")
