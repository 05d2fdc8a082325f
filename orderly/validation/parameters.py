"""Parameters and headers: from the text of the wire to the values that the contract describes."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from orderly.contract.node import Node
from orderly.contract.operation import Parameter
from orderly.http.strict_json import InvalidJson, parse
from orderly.validation.schemas import Error, SchemaCompiler, validation_errors


class ParameterParser:
    """Reads one parameter or header: from the text of the wire to the value that its schema describes."""

    def __init__(self, parameter: Parameter, schemas: SchemaCompiler) -> None:
        self.name = parameter.name
        self.argument = parameter.argument
        self.required = parameter.required
        self._default = default_of(parameter.schema)
        self._key = parameter.name.lower() if parameter.location == "header" else parameter.name
        self._location = parameter.location
        self._place = {"in": parameter.location, "name": parameter.name}
        self._validator = schemas.compile(parameter.schema)
        self._is_json = parameter.is_json
        types = types_of(parameter.schema)
        self._is_array = "array" in types and not parameter.is_json
        self._explode = parameter.explode
        item = parameter.schema.get("items") if self._is_array else None
        self._is_text = types == ["string"] and not self._is_json
        self._converters = [_CONVERTERS[each] for each in (types_of(item) if item else types) if each in _CONVERTERS]

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
        except InvalidJson as error:
            return [self._error("json", str(error))]
        for value in candidates:
            if self._validator.is_valid(value):
                into[self.argument] = value
                return []
        return validation_errors(self._validator, candidates[0], self._place)

    def _read_absent(self, into: dict[str, Any]) -> list[Error]:
        if self._default is not None:
            into[self.argument] = self._default
        return [self._error("required", "is required")] if self.required else []

    def value_errors(self, text: str) -> list[Error]:
        """What is wrong with the text of a header that is about to be sent."""
        if self._is_text and "\0" not in text and self._validator.is_valid(text):
            return []
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


def types_of(schema: Node) -> list[str]:
    """The types that a schema lets through, in the order in which a text should be tried."""
    node = schema.target
    value = node.value if isinstance(node.value, dict) else {}
    named = value.get("type", [])
    found = {named} if isinstance(named, str) else set(named)
    for choice in ("anyOf", "oneOf", "allOf"):
        for index in range(len(value.get(choice, []))):
            found.update(types_of(node[choice][index]))
    literals = [value["const"]] if "const" in value else value.get("enum", [])
    found.update({bool: "boolean", int: "integer", float: "number", str: "string"}[type(v)] for v in literals if v)
    order = ("array", "integer", "number", "boolean", "string")
    return [each for each in order if each in found] or list(order[1:])


def default_of(schema: Node) -> Any:
    """The default of a schema, None if it has none; one beside a `$ref` goes before one behind it."""
    node = schema if isinstance(schema.value, dict) and "default" in schema.value else schema.target
    return node.value.get("default") if isinstance(node.value, dict) else None
