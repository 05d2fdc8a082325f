"""The contract's examples, played through the service itself: what its lists show is what is created."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from db.base import END, parse_time
from openapi.contract import Contract, Operation
from openapi.message import App, Message
from openapi.node import Node
from openapi.workbench.examples import answer_of, bodies_of, examples_of


@dataclass(frozen=True, slots=True)
class Step:
    """One request: what it creates, as the contract shows it, and with which body and path."""

    operation: Operation
    path: str
    body: Any
    shown: dict[str, Any]

    @property
    def at(self) -> datetime | None:
        """When it was created, if that is shown."""
        return made_at(self.shown)

    @property
    def scopes(self) -> list[frozenset[str]]:
        """Each set of scopes that a bearer token could do it with."""
        return [each["bearer"] for each in self.operation.security if "bearer" in each]


def steps(contract: Contract) -> list[Step]:
    """What to create, the oldest first; what is shown without a time comes last, in the order of the contract."""
    return sorted(_steps(contract), key=lambda step: step.at or END)


def made_at(shown: dict[str, Any]) -> datetime | None:
    """When a thing was made, as its example says; None if it does not."""
    told = shown.get("created_at")
    return parse_time(told) if isinstance(told, str) else None


def _steps(contract: Contract) -> Iterator[Step]:
    """What to create; of a list that shows the newest first, the last one first."""
    lists = {operation.path: operation for operation in contract.operations if operation.method == "GET"}
    for operation in contract.operations:
        if operation.method == "POST" and "201" in operation.responses and not operation.is_public:
            schema = operation.body.get("application/json")
            rows = _rows(lists.get(operation.path)) if schema else []
            for row in reversed(rows):
                yield Step(operation, _path(contract, operation, row), _fitted(row, schema), row)
            if not rows and "{" not in operation.path:
                _, shown = answer_of(operation, "201")
                for body in bodies_of(operation):
                    yield Step(operation, contract.base_path + operation.path, body, shown)


async def play(app: App, step: Step, token: str) -> int:
    """Send a step's request as somebody, and give the status of the answer."""
    messages = [{"type": "http.request", "body": orjson.dumps(step.body), "more_body": False}]
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


def _rows(operation: Operation | None) -> list[dict[str, Any]]:
    """What a list is shown with."""
    media = operation.node.get("responses", "200", "content", "application/json") if operation else None
    shown = next(iter(examples_of(media).values()), None) if media else None
    return list(shown.get("data", [])) if isinstance(shown, dict) else []


def _path(contract: Contract, operation: Operation, row: dict[str, Any]) -> str:
    given = {p.name: row.get(p.name) for p in operation.parameters if p.location == "path"}
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
