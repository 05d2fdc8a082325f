"""The contract's examples, played through the service itself: what its lists show is what is made and done."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.contract.operation import Operation
from orderly.devtools.sandbox.examples import Example, bodies_of, examples_of, moment, shown_by
from orderly.devtools.sandbox.timeline import history
from orderly.http.messages import ASGIApp, Message
from orderly.times import MAX_TIME


@dataclass(frozen=True, slots=True)
class SeedRequest:
    """One request: with which path and body, when, and what it creates, as the contract shows it."""

    operation: Operation
    path: str
    body: Any
    at: datetime | None
    """None if that is not shown."""
    shown: Example = field(default_factory=dict)

    @property
    def scopes(self) -> list[frozenset[str]]:
        """Each set of scopes that a bearer token could do it with."""
        return [each["bearer"] for each in self.operation.security if "bearer" in each]


def seed_requests(contract: Contract) -> list[SeedRequest]:
    """What to do, the oldest first; what is shown without a time comes last, in the order of the contract."""
    return sorted(_seed_requests(contract), key=lambda step: step.at or MAX_TIME)


def made_at(shown: Example) -> datetime | None:
    """When a thing was made, as its example says; None if it does not."""
    return moment(shown.get("created_at"))


def _seed_requests(contract: Contract) -> Iterator[SeedRequest]:
    """What to create, and what became of it; of a list that shows the newest first, the last one first."""
    lists = {operation.path: operation for operation in contract.operations if operation.method == "GET"}
    for operation in contract.operations:
        if operation.method == "POST" and "201" in operation.responses and not operation.is_public:
            schema = operation.body.get("application/json")
            rows = _rows(lists.get(operation.path)) if schema else []
            for row in reversed(rows):
                yield SeedRequest(operation, _path(contract, operation, row), _fitted(row, schema), made_at(row), row)
                for act, at, body in history(contract, operation, row):
                    yield SeedRequest(act, _path(contract, act, row), body, at)
            if not rows and "{" not in operation.path:
                shown = shown_by(operation)
                for body in bodies_of(operation):
                    yield SeedRequest(operation, contract.base_path + operation.path, body, made_at(shown), shown)


async def replay(app: ASGIApp, step: SeedRequest, token: str) -> int:
    """Send a step's request as somebody, and give the status of the answer."""
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
    """What a list is shown with."""
    media = operation.node.get("responses", "200", "content", "application/json") if operation else None
    shown = next(iter(examples_of(media).values()), None) if media else None
    data = shown.get("data") if isinstance(shown, dict) else None
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def _path(contract: Contract, operation: Operation, row: Example) -> str:
    given = {p.name: row.get(p.name, row.get("id")) for p in operation.parameters if p.location == "path"}
    return contract.base_path + operation.path.format(**given)


def _fitted(value: Any, schema: Node | None) -> Any:
    """As much of what is shown as can be sent."""
    properties = schema.get("properties") if schema else None
    if isinstance(value, dict) and properties:
        known = {name: each for name, each in value.items() if name in properties.value and each is not None}
        return {name: _fitted(each, properties[name]) for name, each in known.items()}
    if isinstance(value, list):
        return [_fitted(each, schema and schema.get("items")) for each in value]
    return value
