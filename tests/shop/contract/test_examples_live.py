"""The examples of the contract are sent, and the responses compared."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from db import users
from db.access_tokens import AccessTokens
from db.users import User
from orderly.contract.operation import Operation
from orderly.database.database import Database
from orderly.devtools.sandbox.seeding import seed_requests
from tests.asgi import Client
from tests.settings import SECRET
from tests.shop.application import CONTRACT
from tests.shop.contract.scenarios import EXAMPLES
from tests.shop.factories import make_session, password_hash

OPERATIONS = {operation.operation_id: operation for operation in CONTRACT.operations}
STAFF = ("update_user",)
SHOP = (*STAFF, "create_product", "towel")
ORDER = (*SHOP, "create_user", "create_order")
KEY = ("create_user", "create_api_key")
SCRIPT = {
    "create_user": ("anonymous",),
    "list_users": ("bob", *STAFF, "create_user"),
    "get_user": ("alice", "create_user"),
    "update_user": ("carol",),
    "disable_user": ("carol", "create_user"),
    "enable_user": ("carol", "create_user", "disable_user"),
    "create_token": ("anonymous", "create_user"),
    "refresh_token": ("anonymous", "create_user", "create_token"),
    "get_me": ("alice", "create_user"),
    "update_me": ("alice", "create_user"),
    "update_my_password": ("alice", "create_user"),
    "list_my_sessions": ("alice", "create_user", "create_token", "create_token by browser"),
    "list_api_keys": ("alice", *KEY, "get_me by key"),
    "create_api_key": ("alice", "create_user"),
    "rotate_api_key": ("alice", *KEY),
    "list_products": ("anonymous", *SHOP),
    "create_product": ("bob", *STAFF),
    "get_product": ("anonymous", *STAFF, "create_product"),
    "update_product": ("bob", *STAFF, "create_product"),
    "list_stock_adjustments": ("bob", *STAFF, "create_product", "adjust_stock"),
    "adjust_stock": ("bob", *STAFF, "create_product"),
    "list_orders": ("alice", *SHOP, "create_user", "earlier orders", "create_order"),
    "create_order": ("alice", *SHOP, "create_user"),
    "get_order": ("alice", *ORDER),
    "update_order": ("alice", *ORDER),
    "cancel_order": ("alice", *ORDER),
    "pay_order": ("bob", *ORDER),
    "fulfil_order": ("bob", *ORDER, "pay_order"),
    "refund_order": ("carol", *ORDER, "pay_order", "fulfil_order"),
    "list_events": ("bob", *SHOP, "create_user", "feed until now", "create_order", "pay_order", "feed has settled"),
    "get_liveness": ("anonymous",),
    "get_readiness": ("anonymous",),
}
"""The caller of each operation, and the steps before it."""

THING = {
    "user_id": "UserCreated",
    "product_id": "ProductCreated",
    "order_id": "OrderCreated",
    "key_id": "ApiKeyCreated",
}
"""The example of each id in a path; the promotion is Bob's."""
EARLIER = [
    step
    for step in seed_requests(CONTRACT)
    if step.operation.tag == "orders" and step.shown.get("id") != EXAMPLES["OrderCreated"]["id"]
]
"""The requests that bring the other orders to their status, as in the sandbox."""
PEOPLE = {"alice": EXAMPLES["UserCreated"]["id"], "bob": EXAMPLES["UserMadeStaff"]["id"]}
"""The ids of callers in the examples."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0"
SETTLES_WITHIN = 30
SECRETS = {"access_token", "refresh_token", "secret", "prefix", "next_cursor"}
ID = re.compile(r"[a-z]{3}_[0-9a-z]{26}")


class Story:
    """The state of the shop, and the real values of the examples."""

    def __init__(self, client: Client, database: Database) -> None:
        self.client = client
        self.database = database
        self.real: dict[str, Any] = {}
        self.feed = ""
        with database.writing() as session:
            own = {"password_hash": password_hash()}
            carol = users.create(session, name="Carol Clark", email="carol@example.com", role="admin", **own)
            shown = EXAMPLES["UserMadeStaff"]
            bob = users.create(session, name=shown["name"], email=shown["email"], **own)
            self.real |= {"carol": carol.id, shown["id"]: bob.id}
            session.commit()

    def caller(self, name: str) -> Client:
        """Return the client of a caller, with the examples' token if issued."""
        if name == "anonymous":
            return self.client
        if name == "key":
            return self.client.with_key(self.real[EXAMPLES["ApiKeyCreated"]["secret"]])
        token = name == "alice" and self.real.get(EXAMPLES["TokensCreated"]["access_token"])
        return self.client.signed_in(token or self._token(self.real[PEOPLE.get(name, name)]))

    def _token(self, user_id: str) -> str:
        with self.database.writing() as session:
            started = make_session(session, session.get_one(User, user_id))
            session.commit()
        return AccessTokens(SECRET).issue(user_id, started.session.id)[0]

    def play(self, step: str) -> None:
        """Take one step, and compare its response."""
        if step == "towel":
            towel = EXAMPLES["ProductPage"]["data"][0]
            wanted = {name: towel[name] for name in ("sku", "name", "category", "price", "stock")}
            self.compare(towel, self.caller("bob").post("/v1/products", wanted).json)
        elif step == "earlier orders":
            self.go_earlier_ways()
        elif step == "feed until now":
            self.feed = f"?after={self.settled('user.created', self.real[EXAMPLES['UserCreated']['id']])}"
        elif step == "feed has settled":
            self.settled("order.paid", self.real[EXAMPLES["OrderCreated"]["id"]])
        else:
            name, _, how = step.partition(" by ")
            self.call(OPERATIONS[name], how)

    def go_earlier_ways(self) -> None:
        """Bring the other orders to the status of their example."""
        for each in EARLIER:
            caller = self.caller(SCRIPT[each.operation.operation_id][0])
            response = caller.post(self.translated(each.path), self.translated(each.body))
            if each.shown:
                self.real[each.shown["id"]] = response.json["id"]

    def settled(self, kind: str, subject_id: str) -> Any:
        """Wait until the feed has an event, and return the cursor."""
        deadline = time.monotonic() + SETTLES_WITHIN
        while time.monotonic() < deadline:
            page = self.caller("bob").get("/v1/events").json
            if (kind, subject_id) in [(event["type"], event["subject_id"]) for event in page["data"]]:
                return page["next_cursor"]
            time.sleep(0.01)
        raise AssertionError(f"the feed does not have {kind}")

    def call(self, operation: Operation, how: str = "", media_type: Any = None) -> None:
        caller = self.caller("key" if how == "key" else SCRIPT[operation.operation_id][0])
        headers = {"User-Agent": BROWSER} if how == "browser" else {}
        headers |= {"If-Match": "*"} if operation.precondition == "required" else {}
        kind, name, body = next(each for each in requests(operation) if media_type in (None, each[0]))
        headers |= {"Content-Type": kind} if body else {}
        response = caller(operation.method, self.path(operation), self.translated(body), headers)
        assert response.status == int(operation.success.status), response
        if response_examples(operation):
            self.compare(response_examples(operation)[name], response.json)

    def path(self, operation: Operation) -> Any:
        promotion = operation.operation_id == "update_user"
        ids = {name: EXAMPLES["UserMadeStaff" if promotion else thing]["id"] for name, thing in THING.items()}
        query = self.feed if operation.operation_id == "list_events" else ""
        return CONTRACT.base_path + self.translated(operation.path.format(**ids)) + query

    def translated(self, value: str) -> Any:
        """Replace the values of the examples by the real ones."""
        text = json.dumps(value)
        for translated, real in self.real.items():
            text = text.replace(translated, real)
        return json.loads(text)

    def compare(self, translated: Any, real: Any, name: str = "") -> None:
        """Compare an example with a response: equal values stay equal."""
        if isinstance(translated, dict):
            assert translated.keys() == real.keys(), name
            for member in translated:
                self.compare(translated[member], real[member], member)
        elif isinstance(translated, list):
            assert len(translated) == len(real), name
            for each, other in zip(translated, real, strict=True):
                self.compare(each, other, name)
        elif isinstance(translated, str) and name in SECRETS:
            assert isinstance(real, str), name
            self.real[translated] = real
        elif isinstance(translated, str) and ID.fullmatch(translated):
            assert (translated[:3], self.real.setdefault(translated, real)) == (real[:3], real), name
        elif isinstance(translated, str) and name.endswith("_at"):
            assert isinstance(real, str), name
        else:
            assert (name, real) == (name, translated)


def requests(operation: Operation) -> Iterator[tuple[str, str, Any]]:
    """Yield the example requests of an operation: media type, name, body."""
    content = operation.node.get("requestBody", "content")
    for kind, media in content.items() if content else ():
        yield from ((kind, name, example["value"].value) for name, example in media["examples"].items())
    if content is None:
        yield "", next(iter(response_examples(operation)), ""), None


def response_examples(operation: Operation) -> dict[str, Any]:
    """Return the examples of the operation's success by name."""
    content = operation.node["responses"][operation.success.status].get("content")
    media = next(content.items())[1] if content else None
    if media is None:
        return {}
    named = media.get("examples")
    return {name: each["value"].value for name, each in named.items()} if named else {"": media["example"].value}


@pytest.fixture
def story(client: Client, database: Database) -> Iterator[Story]:
    """The start of all examples, with carol and bob."""
    with time_machine.travel("2026-02-05T10:00:00Z"):  # time continues from there
        yield Story(client, database)


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)  # the handlers' own tests run on both
@pytest.mark.parametrize(
    ("name", "media_type"), [(name, kind or None) for name in SCRIPT for kind, _, _ in requests(OPERATIONS[name])]
)
def test_response_equals_its_example(name: Any, media_type: Any, story: Story) -> None:
    for step in SCRIPT[name][1:]:
        story.play(step)
    story.call(OPERATIONS[name], media_type=media_type)


def test_every_operation_with_examples_is_tested() -> None:
    translated = {o.operation_id for o in CONTRACT.operations if o.body or response_examples(o)}
    assert translated == SCRIPT.keys()


@pytest.mark.parametrize("operation", [o for o in CONTRACT.operations if o.body], ids=lambda o: o.operation_id)
def test_every_request_has_a_response_of_the_same_name(operation: Any) -> None:
    names = {name for _, name, _ in requests(operation)}
    assert len(list(requests(operation))) == len(operation.body), "one example of each media type"
    assert not operation.success.media or names == response_examples(operation).keys()
