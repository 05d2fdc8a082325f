"""The requests of the contract's examples, on objects that exist."""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

from db.passwords import hash_password
from db.users import User
from orderly.clock import new_id, now
from orderly.contract.operation import Operation
from orderly.database.database import Database
from orderly.times import rfc3339
from tests.asgi import Client, Response
from tests.shop.application import CONTRACT
from tests.shop.factories import make_caller, make_key, make_order, make_product, make_session

EXAMPLES = {name: each["value"] for name, each in CONTRACT.document["components"]["examples"].items()}
STATUS = {"fulfil_order": "paid", "refund_order": "paid"}
"""The required status of an order, if not pending."""
NEW = ("alice@example.com", "alice.archer@example.com", "MUG-BLUE", "sepa-20260205-0017")
"""Values that must be unique in each request."""
ABSENT = "01kg9ys7g0e4ma4jz41b93y214"
"""The suffix of an unused id."""


@dataclass(frozen=True)
class ExampleRequest:
    """A valid request, or a changed copy of one."""

    method: str
    target: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, client: Client) -> Response:
        return client(self.method, self.target, self.body, self.headers)

    def with_headers(self, **headers: str) -> "ExampleRequest":
        return replace(self, headers={**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}})


@cache
def example_hash() -> str:
    """Return the hash of the password of the examples."""
    return hash_password(EXAMPLES["TokenCreateRequest"]["password"])


def example_of(operation: Operation) -> Any:
    """Return the body of the operation's first example, None without a body."""
    body = operation.node.get("requestBody", "content")
    media = next(body.items())[1] if body else None
    return next(media["examples"].items())[1]["value"].value if media else None


def example_request(operation: Operation, database: Database, owner: User) -> ExampleRequest:
    """Return the operation's example, on new objects of the owner."""
    names = _arrange(operation, database, owner)
    body = json.dumps(example_of(operation)).replace("@", "\\u0040")
    target = CONTRACT.base_path + operation.path
    for reported, real in names.items():
        body = body.replace(reported.replace("@", "\\u0040"), real)
        target = target.replace(f"{{{reported}}}", real)
    headers = {"If-Match": "*"} if operation.precondition == "required" else {}
    return ExampleRequest(operation.method, target, json.loads(body) if operation.body else None, headers)


def absent(operation: Operation, request: ExampleRequest) -> ExampleRequest:
    """Return the request for an object that does not exist."""
    name = next(p.name for p in operation.parameters if p.location == "path")
    where = operation.path.split("/").index(f"{{{name}}}") + 1
    steps = request.target.split("/")
    steps[where] = f"{steps[where][:3]}_{ABSENT}"
    return replace(request, target="/".join(steps))


def _arrange(operation: Operation, database: Database, owner: User) -> dict[str, str]:
    """Create the objects, and return their values by name."""
    needs = {p.name for p in operation.parameters if p.location == "path"}
    names = {each: f"{new_id('t')}-{each}" for each in NEW} | {"user_id": owner.id}
    with database.writing() as session:
        caller = make_caller(owner)
        if "order_id" in needs:
            names["order_id"] = make_order(session, caller, status=STATUS.get(operation.operation_id, "pending")).id
        if "product_id" in needs:
            names["product_id"] = make_product(session).id
        if operation.operation_id == "create_order":
            mug, towel = (line["product_id"] for line in EXAMPLES["OrderCreateRequest"]["lines"])
            names[mug] = make_product(session, price_amount=1200).id
            names[towel] = make_product(session, price_amount=950).id
        if "key_id" in needs:
            names["key_id"] = make_key(session, owner).key.id
        if {"session_id"} & needs or operation.operation_id == "refresh_token":
            started = make_session(session, owner)
            names["session_id"] = started.session.id
            names[EXAMPLES["TokenRefreshRequest"]["refresh_token"]] = started.refresh_token
        session.commit()
    names[EXAMPLES["ApiKeyCreateRequest"]["expires_at"]] = rfc3339(now() + timedelta(days=365))
    if operation.operation_id == "create_token":
        assert owner.email is not None, "an erased account cannot sign in"
        names["alice@example.com"] = owner.email
    return names
