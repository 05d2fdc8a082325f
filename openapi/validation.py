"""Validators compiled once from the contract: all errors at once, with pointers, never a value."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs

from db.base import parse_time
from db.errors import Invalid
from db.users import normal_email
from openapi.contract import Contract, Operation, Parameter
from openapi.message import Request
from openapi.node import Node
from openapi.refusals import MAX_ERRORS, BadRequest
from openapi.strict_json import NotJson, parse

Error = dict[str, str]

MAX_FIELDS = 100
"""How many query parameters are read at all."""

LONGEST = 100
"""Beyond so many characters a pattern or a list of values helps nobody."""

MESSAGES = {
    "required": "is required",
    "additionalProperties": "is not a known property",
    "unevaluatedProperties": "is not a known property",
    "falseSchema": "is not allowed here",
    "type": "must be of type {types}",
    "const": "must be the one value that the contract names",
    "enum": "must be one of {options}",
    "minLength": "must have at least {limit} characters",
    "maxLength": "must have at most {limit} characters",
    "minItems": "must have at least {limit} items",
    "maxItems": "must have at most {limit} items",
    "minProperties": "must have at least {limit} members",
    "maxProperties": "must have at most {limit} members",
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "exclusiveMinimum": "must be greater than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "multipleOf": "must be a multiple of {multiple_of}",
    "pattern": "must match {pattern}",
    "format": "must be a valid {format}",
    "uniqueItems": "must not have an item twice",
    "propertyNames": "has a member whose name is not allowed",
    "contains": "lacks an item that the contract asks for",
}
"""What a caller is told of a broken keyword. The braces are filled from the contract, never from the value."""


class Validators:
    """Compiles the schemas of a contract where they stand, each once."""

    def __init__(self, contract: Contract) -> None:
        self._registry = registry(contract.document)
        self._compiled: dict[tuple[str, bool], jsonschema_rs.Draft202012Validator] = {}

    def of(self, schema: Node, *, ours: bool = False) -> jsonschema_rs.Draft202012Validator:
        """The validator of the schema at a place of the contract; `ours` if it is for what we answer."""
        key = schema.uri, ours
        if key not in self._compiled:
            self._compiled[key] = compiled(schema, self._registry, OURS if ours else TAKEN)
        return self._compiled[key]


def registry(document: dict[str, Any]) -> jsonschema_rs.Registry:
    """The document as validators refer to it."""
    return jsonschema_rs.Registry([("urn:contract", document)])


def compiled(
    schema: Node, registry: jsonschema_rs.Registry, formats: Mapping[str, Callable[[str], bool]] | None = None
) -> jsonschema_rs.Draft202012Validator:
    """The validator of the schema at a place of the document that the registry was made of."""
    return jsonschema_rs.Draft202012Validator(
        {"$ref": schema.uri},
        registry=registry,
        validate_formats=True,
        formats=dict(TAKEN if formats is None else formats),
        pattern_options=jsonschema_rs.RegexOptions(),  # the linear-time engine
    )


def errors_of(validator: jsonschema_rs.Draft202012Validator, value: Any, place: Error) -> list[Error]:
    """Every way in which a value breaks a schema, up to 100; `place` says where the value was."""
    errors = (error for found in validator.iter_errors(value) for error in _worded(found, place))
    return list(islice(errors, MAX_ERRORS))


def _worded(found: jsonschema_rs.ValidationError, place: Error) -> Iterable[Error]:
    kind: Any = found.kind
    keyword = str(kind.name)
    pointer = "".join(f"/{_escaped(step)}" for step in found.instance_path)
    message = MESSAGES.get(keyword, "does not fit the contract").format(**_words(kind))
    members = [kind.property] if keyword == "required" else getattr(kind, "unexpected", None)
    for end in [f"/{_escaped(member)}" for member in members] if members else [""]:
        located = {"pointer": (pointer + end)[:500]} if place["in"] == "body" else {}
        yield {**place, **located, "keyword": keyword, "message": message}


def _words(kind: Any) -> dict[str, Any]:
    """What the contract says of a broken keyword, as far as it is short enough to help."""
    words = {name: getattr(kind, name, None) for name in ("limit", "multiple_of", "format")}
    types, pattern = getattr(kind, "types", None), getattr(kind, "pattern", None) or ""
    options = ", ".join(str(option) for option in getattr(kind, "options", None) or [])
    words["types"] = " or ".join(types) if isinstance(types, list) else types
    words["pattern"] = f"the pattern {pattern}" if len(pattern) <= LONGEST else "the form that the contract describes"
    words["options"] = options if len(options) <= LONGEST else "the values that the contract lists"
    return words


def _escaped(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def _is_time(value: str) -> bool:
    try:
        parse_time(value)
    except ValueError:
        return False
    return True


def _is_email(value: str) -> bool:
    try:
        normal_email(value)
    except Invalid:
        return False
    return True


OURS = {"idn-email": _is_email}
"""The formats that are checked in our own way where we answer: the validator's own check of a time, which is stricter
than `parse_time`, fits those that we write and costs no call of a Python function for each."""
TAKEN = {**OURS, "date-time": _is_time}
"""The same for what we are sent."""


class ParameterReader:
    """Reads one parameter or header: from the text of the wire to the value that its schema describes."""

    def __init__(self, parameter: Parameter, validators: Validators) -> None:
        self.name = parameter.name
        self.argument = parameter.argument
        self.required = parameter.required
        self._default = _default(parameter.schema)
        self._key = parameter.name.lower() if parameter.location == "header" else parameter.name
        self._location = parameter.location
        self._place = {"in": parameter.location, "name": parameter.name}
        self._validator = validators.of(parameter.schema)
        self._is_json = parameter.is_json
        types = _types(parameter.schema)
        self._is_array = "array" in types and not parameter.is_json
        self._explode = parameter.explode
        item = parameter.schema.get("items") if self._is_array else None
        self._converters = [_CONVERTERS[each] for each in (_types(item) if item else types) if each in _CONVERTERS]

    def read(self, sources: Mapping[str, Mapping[str, list[str]]], into: dict[str, Any]) -> list[Error]:
        """Put the value into the arguments, or say what is wrong with it."""
        raw = sources[self._location].get(self._key)
        if raw is None:
            return self._read_absent(into)
        if len(raw) > 1 and not (self._is_array and self._explode):
            return [self._error("repeated", "must be sent once")]
        if any("\0" in each for each in raw):
            return [self._error("format", "must not have the character U+0000")]
        try:
            candidates = self._candidates(raw)
        except NotJson as error:
            return [self._error("json", str(error))]
        for value in candidates:
            if self._validator.is_valid(value):
                into[self.argument] = value
                return []
        return errors_of(self._validator, candidates[0], self._place)

    def _read_absent(self, into: dict[str, Any]) -> list[Error]:
        if self._default is not None:
            into[self.argument] = self._default
        return [self._error("required", "is required")] if self.required else []

    def value_errors(self, text: str) -> list[Error]:
        """What is wrong with the text of a header that is about to be sent."""
        return self.read({self._location: {self._key: [text]}}, {})

    def _candidates(self, raw: list[str]) -> list[Any]:
        """The values that the text may mean, the likeliest first: `anyOf` and type lists allow several."""
        if self._is_json:
            return [parse(raw[0].encode("utf-8", "surrogateescape"))]
        if self._is_array:
            items = raw if self._explode else raw[0].split(",")
            return [[self._readings(item)[0] for item in items]]
        return self._readings(raw[0])

    def _readings(self, text: str) -> list[Any]:
        return [value for convert in self._converters if (value := convert(text)) is not None] or [text]

    def _error(self, keyword: str, message: str) -> Error:
        return {**self._place, "keyword": keyword, "message": message}


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?(?:0|[1-9][0-9]{0,30})", text) else None


def _decimal(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?", text) else None


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _decimal,
    "boolean": {"true": True, "false": False}.get,
    "string": str,
}


def _types(schema: Node) -> list[str]:
    """The types that a schema lets through, in the order in which a text should be tried."""
    node = schema.target
    value = node.value if isinstance(node.value, dict) else {}
    named = value.get("type", [])
    found = {named} if isinstance(named, str) else set(named)
    for choice in ("anyOf", "oneOf", "allOf"):
        for index in range(len(value.get(choice, []))):
            found.update(_types(node[choice][index]))
    literals = [value["const"]] if "const" in value else value.get("enum", [])
    found.update({bool: "boolean", int: "integer", float: "number", str: "string"}[type(v)] for v in literals if v)
    order = ("array", "integer", "number", "boolean", "string")
    return [each for each in order if each in found] or list(order[1:])


class RequestReader:
    """Reads and validates all that an operation takes."""

    def __init__(self, operation: Operation, validators: Validators) -> None:
        ignored = {"accept", "content-type", "authorization"}  # OpenAPI 3.1, 4.8.12.1: not parameters
        self._parameters = [
            ParameterReader(parameter, validators)
            for parameter in operation.parameters
            if not (parameter.location == "header" and parameter.name.lower() in ignored)
        ]
        self._known = {p.name for p in operation.parameters if p.location == "query"}
        self._bodies = {kind: validators.of(schema) for kind, schema in operation.body.items()}
        self._defaults = {kind: _defaults(schema.target) for kind, schema in operation.body.items()}
        self._body_required = operation.body_required

    def arguments(self, request: Request) -> dict[str, Any]:
        """What the handler is called with, by name; the body, if the operation takes one, as `body`.

        Raises:
            BadRequest: with every error of every part at once.
        """
        query, errors = _query(request.query)
        errors += [
            {"in": "query", "name": name[:100], "keyword": "unknown", "message": "is not a known parameter"}
            for name in query
            if name not in self._known
        ]
        sources = {
            "query": query,
            "path": {name: [value] for name, value in request.path_arguments.items()},
            "header": request.headers,
            "cookie": _cookies(request.header("cookie")),
        }
        arguments: dict[str, Any] = {}
        for reader in self._parameters:
            errors += reader.read(sources, arguments)
        if self._bodies:
            errors += self._read_body(request, arguments)
        if errors:
            raise BadRequest(errors)
        return arguments

    def _read_body(self, request: Request, arguments: dict[str, Any]) -> list[Error]:
        if not request.has_body:
            arguments["body"] = {}  # an optional body that is left out says nothing
            return [_MISSING_BODY] if self._body_required else []
        kind = (request.header("content-type") or "").split(";")[0].strip().lower()
        body, defaults = request.body, self._defaults[kind]
        arguments["body"] = {**defaults, **body} if defaults and isinstance(body, dict) else body
        return errors_of(self._bodies[kind], body, {"in": "body"})


def _defaults(schema: Node) -> dict[str, Any]:
    """What the members of an object are when they are left out."""
    members = schema.get("properties")
    found = {name: _default(members[name]) for name in members.value} if members else {}
    return {name: default for name, default in found.items() if default is not None}


def _default(schema: Node) -> Any:
    """The default of a schema, None if it has none; one beside a `$ref` goes before one behind it."""
    node = schema if isinstance(schema.value, dict) and "default" in schema.value else schema.target
    return node.value.get("default") if isinstance(node.value, dict) else None


_MISSING_BODY = {"in": "body", "pointer": "", "keyword": "required", "message": "is required"}


def _query(text: str) -> tuple[dict[str, list[str]], list[Error]]:
    query: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        message = f"must be UTF-8, percent-encoded, and at most {MAX_FIELDS} parameters"
        return {}, [{"in": "query", "name": "", "keyword": "encoding", "message": message}]
    for name, value in pairs:
        query.setdefault(name, []).append(value)
    return query, []


def _cookies(header: str | None) -> dict[str, list[str]]:
    cookies: dict[str, list[str]] = {}
    for pair in (header or "").split(";"):
        name, _, value = pair.strip().partition("=")
        cookies.setdefault(name, []).append(value)
    return cookies
