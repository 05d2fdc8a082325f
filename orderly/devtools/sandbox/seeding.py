"""Seed requests: the objects in the examples, created through the service."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.contract.operation import Operation
from orderly.devtools.sandbox.examples import Example, bodies_of, example_result, examples_of, moment
from orderly.devtools.sandbox.timeline import history
from orderly.http.messages import ASGIApp, Message
from orderly.times import MAX_TIME


@dataclass(frozen=True, slots=True)
class SeedRequest:
    """A request that creates or changes an example, with its time."""

    operation: Operation
    path: str
    body: Any
    at: datetime | None
    """The time of the request; None if the example has none."""
    shown: Example = field(default_factory=dict)

    @property
    def scopes(self) -> list[frozenset[str]]:
        """Return the alternative sets of scopes for a bearer token."""
        return [each["bearer"] for each in self.operation.security if "bearer" in each]


def seed_requests(contract: Contract) -> list[SeedRequest]:
    """Return the requests by time, those without a time last."""
    return sorted(_seed_requests(contract), key=lambda step: step.at or MAX_TIME)


def creation_time(shown: Example) -> datetime | None:
    """Return the creation time of an example, or None without one."""
    return moment(shown.get("created_at"))


def _seed_requests(contract: Contract) -> Iterator[SeedRequest]:
    """Yield the requests for each row: creation, then changes. The last row is the oldest."""
    lists = {operation.path: operation for operation in contract.operations if operation.method == "GET"}
    for operation in contract.operations:
        if operation.method == "POST" and "201" in operation.responses and not operation.is_public:
            schema = operation.body.get("application/json")
            rows = _rows(lists.get(operation.path)) if schema else []
            for row in reversed(rows):
                yield SeedRequest(
                    operation, _path(contract, operation, row), _accepted(row, schema), creation_time(row), row
                )
                for change, at, body in history(contract, operation, row):
                    yield SeedRequest(change, _path(contract, change, row), body, at)
            if not rows and "{" not in operation.path:
                shown = example_result(operation)
                for body in bodies_of(operation):
                    yield SeedRequest(operation, contract.base_path + operation.path, body, creation_time(shown), shown)


async def replay(app: ASGIApp, step: SeedRequest, token: str) -> int:
    """Send a seed request with a token, and return the status."""
    body = b"" if step.body is None else orjson.dumps(step.body)
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    statuses: list[int] = []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = {"host": "sandbox", "content-type": "application/json", "authorization": f"Bearer {token}"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": step.path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
    }
    await app(scope, receive, send)
    return statuses[0]


def _rows(operation: Operation | None) -> list[Example]:
    """Return the rows in the example of a list."""
    media = operation.node.get("responses", "200", "content", "application/json") if operation else None
    shown = next(iter(examples_of(media).values()), None) if media else None
    data = shown.get("data") if isinstance(shown, dict) else None
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def _path(contract: Contract, operation: Operation, row: Example) -> str:
    values = {p.name: row.get(p.name, row.get("id")) for p in operation.parameters if p.location == "path"}
    return contract.base_path + operation.path.format(**values)


def _accepted(value: Any, schema: Node | None) -> Any:
    """Return the part of an example that a request accepts."""
    properties = schema.get("properties") if schema else None
    if isinstance(value, dict) and properties:
        known = {name: each for name, each in value.items() if name in properties.value and each is not None}
        return {name: _accepted(each, properties[name]) for name, each in known.items()}
    if isinstance(value, list):
        return [_accepted(each, schema and schema.get("items")) for each in value]
    return value
