"""A recorder of the exchanges of all tests.

It compares each response with the contract, and collects the requirements that tests have seen.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.docs.errors import OUTSIDE_OF_OPERATIONS
from orderly.http.messages import ASGIApp, Message, Receive, Scope, Send
from orderly.validation.parameters import types_of
from orderly.validation.response import ResponseContractError, ResponseValidator
from orderly.validation.schemas import SchemaCompiler
from tests.contract_coverage.problems import PROBLEM, differs_from_catalogue, is_example
from tests.contract_coverage.requirements import Enums, choice_made, example_sent, parameter_seen

ELSEWHERE = {204, 400, 404, 405, 414, 431, 501}
"""Statuses allowed below the base path where no operation exists; 204 for OPTIONS."""


@dataclass(frozen=True)
class Exchange:
    """A request and its response; headers by lower-case name."""

    method: str
    path: str
    query: str
    sent: dict[str, str]
    body: bytes
    status: int
    headers: dict[str, str]
    response: bytes

    @property
    def went_well(self) -> bool:
        return self.status < 400

    @property
    def kind(self) -> str:
        """The media type of the response."""
        return self.headers.get("content-type", "no body").split(";")[0]

    @property
    def content(self) -> Any:
        """The content of the response, None without content."""
        return json.loads(self.response) if self.response and self.kind.endswith("json") else None

    @property
    def code(self) -> str:
        """The code of a problem.

        None for a response to HEAD, which has no body.
        """
        return self.content["code"] if self.response else ""

    @property
    def request_content(self) -> Any:
        """The content of the request, None unless it is JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Recorder:
    """The requirements seen so far, and undeclared parts of responses."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._validators = SchemaCompiler(contract)
        self._enums = Enums()
        self._responses = {o.operation_id: ResponseValidator(o, self._validators) for o in contract.operations}
        self._paths = [(_pattern(contract.base_path + o.path), o) for o in contract.operations]
        self._links: dict[Any, set[str]] = {}
        self.seen: set[str] = set()
        self.undeclared: dict[str, str] = {}
        """What, and the first test that saw it."""

    def record(self, exchange: Exchange) -> None:
        """Note one exchange."""
        operation, arguments = self._operation(exchange)
        if operation is None or (exchange.kind == PROBLEM and exchange.code in OUTSIDE_OF_OPERATIONS):
            self._record_elsewhere(exchange)
            return
        name, status = operation.operation_id, exchange.status
        if problem := self._undeclared(operation, exchange):
            self.undeclared.setdefault(f"{name}: {problem}", os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0])
        if problem or exchange.method == "HEAD":
            return
        self.seen.add(f"{name} returns {status} {exchange.kind}")
        if exchange.kind == PROBLEM:
            self.seen.add(f"{name} returns {status} {exchange.code}")
            if is_example(operation, str(status), exchange.content):
                self.seen.add(example_sent(operation, str(status)))
        self.seen.update(self._choices_of_response(operation, exchange))
        if exchange.went_well:
            self.seen.update(self._requested(operation, exchange, arguments))
            self._follow(operation, exchange, arguments)

    def _operation(self, exchange: Exchange) -> tuple[Operation | None, dict[str, str]]:
        method = "GET" if exchange.method == "HEAD" else exchange.method
        for pattern, operation in self._paths:
            if operation.method == method and (match := pattern.fullmatch(exchange.path)):
                return operation, match.groupdict()
        return None, {}

    def _record_elsewhere(self, exchange: Exchange) -> None:
        if exchange.kind == PROBLEM:
            self.seen.add(f"error {exchange.code}")
        if exchange.path.startswith(self._contract.base_path + "/") and exchange.status not in ELSEWHERE:
            what = f"{exchange.method} {exchange.path}: {exchange.status} outside of operations"
            self.undeclared.setdefault(what, os.environ.get("PYTEST_CURRENT_TEST", ""))

    def _undeclared(self, operation: Operation, exchange: Exchange) -> str | None:
        """Return what the contract does not declare of an exchange."""
        if str(exchange.status) not in operation.responses:
            return f"status {exchange.status} is not declared"
        if exchange.went_well:
            unknown = parse_qs(exchange.query).keys() - {p.name for p in operation.parameters if p.location == "query"}
            if unknown:
                return f"accepts the parameters {sorted(unknown)}, which are not declared"
        if exchange.method == "HEAD":
            return None
        if exchange.kind == PROBLEM and differs_from_catalogue(self._contract.errors, exchange.content):
            return f"{exchange.code} has another title or detail than x-errors"
        declared = {header.name: header.name.lower() for header in operation.responses[str(exchange.status)].headers}
        headers = {name: exchange.headers[key] for name, key in declared.items() if key in exchange.headers}
        try:
            self._responses[operation.operation_id].check(exchange.status, exchange.kind, headers, exchange.content)
        except ResponseContractError as broken:
            return str(broken).removeprefix(f"{operation.operation_id}, ")
        return None

    def _choices_of_response(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        response = operation.responses.get(str(exchange.status))
        schema = response and response.media.get(exchange.kind)
        if schema:
            yield from self._choices("response", schema, exchange.content)

    def _requested(self, operation: Operation, exchange: Exchange, arguments: dict[str, str]) -> Iterator[str]:
        """Yield the requirements that an accepted request has used."""
        query = parse_qs(exchange.query, keep_blank_values=True)
        values: dict[str, dict[str, Any]] = {"path": arguments, "query": query, "header": exchange.sent}
        for parameter in operation.parameters:
            key = parameter.name.lower() if parameter.location == "header" else parameter.name
            given = values[parameter.location].get(key)
            if given is not None:
                yield parameter_seen(operation, parameter.location, parameter.name)
                value = given if not isinstance(given, list) or "array" in types_of(parameter.schema) else given[0]
                yield from self._choices("request", parameter.schema, value)
        kind = exchange.sent.get("content-type", "").split(";")[0]
        if exchange.body and kind in operation.body:
            yield f"{operation.operation_id} accepts {kind}"
            yield from self._choices("request", operation.body[kind], exchange.request_content)

    def _choices(self, direction: str, schema: Any, value: Any) -> Iterator[str]:
        for pointer in self._enums.of(schema).made(value):
            yield choice_made(direction, pointer, self._contract_value(pointer))

    def _contract_value(self, pointer: str) -> Any:
        return self._contract.root.resolve_pointer("#" + pointer).value

    def _follow(self, operation: Operation, exchange: Exchange, arguments: dict[str, str]) -> None:
        """Mark the links that this request followed; keep its response's links."""
        bearer = exchange.sent.get("authorization", "").removeprefix("Bearer ")
        for given in (_frozen(arguments), _frozen(exchange.request_content), bearer):
            self.seen |= self._links.get((operation.operation_id, given), set())
        links = operation.node["responses"][str(exchange.status)].get("links")
        for name, link in links.value.items() if links else ():
            for target in _targets(link, exchange.content, arguments):
                words = f"{operation.operation_id} links to {name}"
                self._links.setdefault((link["operationId"], target), set()).add(words)


class Recorded:
    """An ASGI application whose responses are recorded."""

    def __init__(self, app: ASGIApp, recorder: Recorder) -> None:
        self._app = app
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_parts: list[bytes] = []
        start: Message = {}
        response_parts: list[bytes] = []

        async def record_request() -> Message:
            message = await receive()
            request_parts.append(message.get("body", b""))
            return message

        async def record_response(message: Message) -> None:
            start.update(message)
            response_parts.append(message.get("body", b""))
            await send(message)

        await self._app(scope, record_request, record_response)
        if start:
            headers = _decoded(start["headers"])
            request = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
            body, response = b"".join(request_parts), b"".join(response_parts)
            exchange = Exchange(*request, _decoded(scope["headers"]), body, start["status"], headers, response)
            self._recorder.record(exchange)


def _decoded(headers: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{([^}]+)\}", template)
    return re.compile("".join(f"(?P<{part}>[^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts)))


def _frozen(values: Any) -> Any:
    """Return the members of an object as a key of a dict.

    None if it has no members, or some are not plain values.
    """
    if not values or not isinstance(values, dict) or any(isinstance(each, dict | list) for each in values.values()):
        return None
    return frozenset(values.items())


def _targets(link: dict[str, Any], body: Any, arguments: dict[str, str]) -> list[Any]:
    """Return what identifies a request that follows a link.

    A link without values is identified by a token of the response.
    """

    def value(expression: str) -> Any:
        if expression.startswith("$request.path."):
            return arguments[expression.removeprefix("$request.path.")]
        return body[expression.removeprefix("$response.body#/")]

    given = link.get("parameters") or link.get("requestBody")
    if not given:
        return [each for each in body.values() if isinstance(each, str)]
    return [frozenset((name, value(expression)) for name, expression in given.items())]
