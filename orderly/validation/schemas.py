"""Compiled JSON Schemas of the contract."""

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs

from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.emails import normalize_email
from orderly.times import parse_time


def _is_time(value: str) -> bool:
    try:
        parse_time(value)
    except ValueError:
        return False
    return True


def _is_email(value: str) -> bool:
    try:
        normalize_email(value)
    except ValueError:
        return False
    return True


RESPONSE_FORMATS = {"email": _is_email, "idn-email": _is_email}
"""The formats of responses that the library does not check. Its check of a time is stricter than `parse_time`, accepts
every time of a response, and saves a call of a Python function for each."""
REQUEST_FORMATS = {**RESPONSE_FORMATS, "date-time": _is_time}
"""The formats of requests that the library does not check."""


class SchemaCompiler:
    """A cache of validators, compiled from the contract's schemas."""

    def __init__(self, contract: Contract) -> None:
        self._registry = create_registry(contract.document)
        self._compiled: dict[tuple[str, bool], jsonschema_rs.Draft202012Validator] = {}

    def compile(self, schema: Node, *, for_response: bool = False) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of a schema of the contract.

        Args:
            schema: the node of the schema.
            for_response: whether it validates responses, whose formats are checked by `RESPONSE_FORMATS`.
        """
        schema = schema.canonical  # a component is compiled once for all operations
        key = schema.uri, for_response
        if key not in self._compiled:
            self._compiled[key] = compile_schema(
                schema, self._registry, RESPONSE_FORMATS if for_response else REQUEST_FORMATS
            )
        return self._compiled[key]


def create_registry(document: dict[str, Any]) -> jsonschema_rs.Registry:
    """Return a registry with the document as `urn:contract`."""
    return jsonschema_rs.Registry([("urn:contract", document)])


def compile_schema(
    schema: Node, registry: jsonschema_rs.Registry, formats: Mapping[str, Callable[[str], bool]] = REQUEST_FORMATS
) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema of the registry's document.

    Args:
        schema: the node of the schema.
        registry: a registry of its document.
        formats: the checks of formats that replace the library's.
    """
    return jsonschema_rs.Draft202012Validator(
        {"$ref": schema.uri},
        registry=registry,
        validate_formats=True,
        formats=dict(formats),
        pattern_options=jsonschema_rs.RegexOptions(),  # the linear-time engine
    )
