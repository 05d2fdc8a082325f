"""Parameters and headers, parsed from text by their schemas."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from orderly.contract.node import Node
from orderly.contract.operation import Parameter
from orderly.http.strict_json import InvalidJson, parse_json
from orderly.validation.errors import Error, validation_errors
from orderly.validation.schemas import SchemaCompiler


class ParameterParser:
    """Parser and validator of one parameter or header."""

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

    def parse(self, sources: Mapping[str, Mapping[str, list[str]]], into: dict[str, Any]) -> list[Error]:
        """Parse the value.

        Args:
            sources: the texts of all parameters, by location and name.
            into: receives the value, by the name of the handler's argument.

        Returns:
            The errors of the value; empty if it is valid.
        """
        raw = sources[self._location].get(self._key)
        if raw is None:
            return self._parse_missing(into)
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

    def _parse_missing(self, into: dict[str, Any]) -> list[Error]:
        if self._default is not None:
            into[self.argument] = self._default
        return [self._error("required", "is required")] if self.required else []

    def value_errors(self, text: str) -> list[Error]:
        """Return the errors of a response header's text."""
        if self._is_text and "\0" not in text and self._validator.is_valid(text):
            return []
        return self.parse({self._location: {self._key: [text]}}, {})

    def _candidates(self, raw: list[str]) -> list[Any]:
        """Return the possible values of a text, the likeliest first. `anyOf` and type lists allow several."""
        if self._is_json:
            return [parse_json(raw[0].encode("utf-8", "surrogateescape"))]
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
    """Return the types of a schema in the order to try them."""
    node = schema.target
    value = node.value if isinstance(node.value, dict) else {}
    declared = value.get("type", [])
    types = {declared} if isinstance(declared, str) else set(declared)
    for choice in ("anyOf", "oneOf", "allOf"):
        for index in range(len(value.get(choice, []))):
            types.update(types_of(node[choice][index]))
    literals = [value["const"]] if "const" in value else value.get("enum", [])
    types.update({bool: "boolean", int: "integer", float: "number", str: "string"}[type(v)] for v in literals if v)
    order = ("array", "integer", "number", "boolean", "string")
    return [each for each in order if each in types] or list(order[1:])


def default_of(schema: Node) -> Any:
    """Return the default of a schema, or None. A sibling of `$ref` overrides the referenced schema."""
    node = schema if isinstance(schema.value, dict) and "default" in schema.value else schema.target
    return node.value.get("default") if isinstance(node.value, dict) else None
