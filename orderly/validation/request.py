"""Validation of a whole request: all errors of all parts at once."""

from typing import Any
from urllib.parse import parse_qsl

from orderly.contract.node import Node
from orderly.contract.operation import Operation
from orderly.http.errors import BadRequest
from orderly.http.messages import Request
from orderly.validation.errors import Error, validation_errors
from orderly.validation.parameters import ParameterParser, default_of
from orderly.validation.schemas import SchemaCompiler

MAX_QUERY_PARAMETERS = 100
"""Query parameters of a request; 400 beyond."""


class RequestValidator:
    """Validator of the requests of one operation."""

    def __init__(self, operation: Operation, schemas: SchemaCompiler) -> None:
        ignored = {"accept", "content-type", "authorization"}  # OpenAPI 3.1, 4.8.12.1: not parameters
        self._parameters = [
            ParameterParser(parameter, schemas)
            for parameter in operation.parameters
            if not (parameter.location == "header" and parameter.name.lower() in ignored)
        ]
        self._known = {p.name for p in operation.parameters if p.location == "query"}
        self._bodies = {kind: schemas.compile(schema) for kind, schema in operation.body.items()}
        self._defaults = {kind: _defaults(schema.target) for kind, schema in operation.body.items()}
        self._body_required = operation.body_required

    def validate(self, request: Request) -> dict[str, Any]:
        """Validate a request, and return the arguments of its handler. A body is the argument `body`.

        Raises:
            BadRequest: the request is invalid; the exception has all errors of all parts.
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
        for parameter in self._parameters:
            errors += parameter.parse(sources, arguments)
        if self._bodies:
            errors += self._read_body(request, arguments)
        if errors:
            raise BadRequest(errors)
        return arguments

    def _read_body(self, request: Request, arguments: dict[str, Any]) -> list[Error]:
        if not request.has_body:
            arguments["body"] = {}  # a missing optional body has no members
            return [_MISSING_BODY] if self._body_required else []
        kind = (request.header("content-type") or "").split(";")[0].strip().lower()
        body, defaults = request.body, self._defaults[kind]
        arguments["body"] = {**defaults, **body} if defaults and isinstance(body, dict) else body
        return validation_errors(self._bodies[kind], body, {"in": "body"})


def _defaults(schema: Node) -> dict[str, Any]:
    """Return the defaults of an object's members."""
    properties = schema.get("properties")
    defaults = {name: default_of(properties[name]) for name in properties.value} if properties else {}
    return {name: default for name, default in defaults.items() if default is not None}


_MISSING_BODY = {"in": "body", "pointer": "", "keyword": "required", "message": "is required"}


def _query(text: str) -> tuple[dict[str, list[str]], list[Error]]:
    query: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_PARAMETERS)
    except ValueError:
        message = f"must be UTF-8, percent-encoded, and at most {MAX_QUERY_PARAMETERS} parameters"
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
