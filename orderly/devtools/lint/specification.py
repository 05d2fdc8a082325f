"""Checks by OpenAPI 3.1, JSON Schema 2020-12 and the engine's extensions."""

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
"""The rule, the pointer to the place and the message of each violation."""

STRING = {"type": "string"}
STRINGS = {"type": "array", "items": STRING}
DATE = ({"type": "string", "format": "date"}, "Write a date, such as 2027-01-31.")
DATES = {"x-deprecated-since": DATE, "x-sunset": DATE}
"""The dates of deprecation and removal."""
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
    "properties": {"extends": STRING, "scopes": STRINGS},
    "additionalProperties": False,
}
EXTENSIONS: dict[str, dict[str, tuple[dict[str, Any], str]]] = {
    "contract": {
        "x-errors": (
            {"additionalProperties": {"type": "object", "additionalProperties": STRING}, "type": "object"},
            "Write title, detail, cause and resolution of each code.",
        ),
        "x-roles": (
            {"additionalProperties": {"if": {"type": "array"}, "then": STRINGS, "else": ROLE}, "type": "object"},
            "List the scopes of each role, or write {extends: role, scopes: [...]}.",
        ),
        "x-scopes": ({"additionalProperties": STRING, "type": "object"}, "Write a description of each scope."),
    },
    "operation": {
        "x-idempotent": ({"const": True}, "Write true, or remove x-idempotent."),
        "x-precondition": ({"enum": ["required", "optional"]}, "Write required or optional."),
        "x-rate-limit": (
            {"if": {"type": "array"}, "then": {"items": LIMIT, "minItems": 1}, "else": LIMIT},
            "Write {limit: 60, window: 60, per: caller} or a list of limits; per is caller, address or account.",
        ),
        **DATES,
    },
    "response": {"x-error-codes": ({**STRINGS, "minItems": 1}, "List the codes that can occur.")},
    **dict.fromkeys(("parameter", "header"), DATES),
    "schema": {**DATES, "x-open": ({"const": True}, "Write true, or remove x-open.")},
}
"""The schema of each extension, and the message if the value is invalid."""

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
"""Names in OpenAPI's own schema of the kinds that may be in separate files."""

UNKNOWN_MEMBER = re.compile(r"(?:Unevaluated|Additional) properties are not allowed \((.+) (?:was|were) unexpected\)")
"""Messages of the validator about members that OpenAPI does not define."""

SCHEMA = jsonschema_rs.Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"})


def check_refs(bundle: Bundle) -> SpecViolations:
    """Yield each `$ref` that is unresolvable or circular."""
    pending = [Node(bundle.document, "", bundle.document)]
    while pending:
        node = pending.pop()
        try:
            node.target  # noqa: B018  # it raises
        except ContractError as error:
            yield "reference", f"{node.pointer}/$ref", _without_pointer(error)
        pending += [child for _, child in node.members() if isinstance(child.value, dict | list)]


def check_ref_kinds(bundle: Bundle) -> SpecViolations:
    """Yield each `$ref` to a component of the wrong kind."""
    draft = ContractDocument(bundle.document)
    for kind, section in SECTIONS.items():
        for node in draft.of(kind):
            steps = str(node.value.get("$ref", "")).split("/")
            if len(steps) == 4 and steps[1] == "components" and steps[2] != section:
                yield (
                    "reference",
                    f"{node.pointer}/$ref",
                    f"Reference an entry of components/{section}: this is the place of a {kind}.",
                )


def check_schema(bundle: Bundle) -> SpecViolations:
    """Yield violations of the schemas of OpenAPI, JSON Schema and the extensions."""
    errors = OpenAPIV31SpecValidator.schema_validator.iter_errors(bundle.document)
    yield from _innermost_only(each for error in errors for each in _schema_violations(error))
    draft = ContractDocument(bundle.document)
    yield from _invalid_parts(draft)
    yield from _invalid_schemas(draft)
    yield from _invalid_extensions(draft)


def check_loadable(bundle: Bundle) -> SpecViolations:
    """Yield the error that would stop the service at start."""
    try:
        loaded = Contract(bundle.source, bundle.document)
        PathTemplates(dict.fromkeys(operation.path for operation in loaded.operations))
    except ContractError as error:
        yield "contract", error.pointer, _without_pointer(error)


def check_semantics(bundle: Bundle) -> SpecViolations:
    """Yield violations of the rules that OpenAPI 3.1 states in prose.

    The house rules run first: they cover most of these with better messages.
    """
    for error in OpenAPIV31SpecValidator(bundle.document).iter_errors():
        yield from _schema_violations(error)


def _innermost(error: ValidationError) -> ValidationError:
    """Return the error of the failed alternative that matches deepest."""
    while error.context:
        error = max(error.context, key=lambda each: len(each.absolute_path))
    return error


def _schema_violations(error: ValidationError) -> SpecViolations:
    violation = _innermost(error)
    return _violations_at(_pointer("", violation.absolute_path), violation.message.splitlines()[0])


def _violations_at(place: str, message: str) -> SpecViolations:
    """Yield a violation at each unknown member, or at the place."""
    unknown = UNKNOWN_MEMBER.search(message)
    for name in re.findall("'([^']+)'", unknown[1]) if unknown else ():
        yield "openapi", _pointer(place, [name]), f"Correct or remove {name}: OpenAPI does not define this member here."
    if not unknown:
        yield "openapi", place, message


def _innermost_only(violations: Iterable[tuple[str, str, str]]) -> SpecViolations:
    """Yield the innermost violations: they cause those around them."""
    distinct = set(violations)
    places = {place for _, place, _ in distinct}
    yield from (each for each in distinct if not any(place.startswith(f"{each[1]}/") for place in places))


def _invalid_parts(draft: ContractDocument) -> SpecViolations:
    """Yield violations in the other files of the contract.

    They are bundled below an extension, which OpenAPI's schema does not check. Each part is checked by its own kind.
    """
    standard = OpenAPIV31SpecValidator.schema_validator.schema
    registry = jsonschema_rs.Registry([(standard["$id"], dict(standard))])
    for kind, definition in DEFINITIONS.items():
        reference = {"$ref": f"{standard['$id']}#/$defs/{definition}"}
        validator = jsonschema_rs.Draft202012Validator(reference, registry=registry)
        for node in draft.of(kind):
            if node.pointer.startswith(f"/{BUNDLED_FILES}/") and "$ref" not in node.value:
                for error in validator.iter_errors(node.value):
                    yield from _violations_at(_pointer(node.pointer, error.instance_path), error.message)


def _invalid_schemas(draft: ContractDocument) -> SpecViolations:
    for schema in draft.of("schema"):
        for error in SCHEMA.iter_errors(schema.value):
            yield "json-schema", _pointer(schema.pointer, error.instance_path), error.message


def _invalid_extensions(draft: ContractDocument) -> SpecViolations:
    for kind, extensions in EXTENSIONS.items():
        for node in draft.of(kind):
            for name in extensions.keys() & node.value.keys():
                schema, message = extensions[name]
                if not jsonschema_rs.is_valid(schema, node.value[name], validate_formats=True):
                    yield "extension", f"{node.pointer}/{name}", message


def _pointer(pointer: str, steps: Iterable[str | int]) -> str:
    node = Node({}, pointer, None)
    for step in steps:
        node = node.child(step, None)
    return node.pointer


def _without_pointer(error: ContractError) -> str:
    return str(error).removeprefix(f"{error.pointer}: ")
