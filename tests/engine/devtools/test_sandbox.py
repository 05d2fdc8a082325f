"""The sandbox: the real service, filled from the contract's examples, and any answer when it is asked for."""

import asyncio
import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from orderly.config.settings import CommandError
from orderly.contract.model import Contract
from orderly.devtools.sandbox import sandbox as sandboxes
from orderly.devtools.sandbox.clock import STEP
from orderly.devtools.sandbox.devserver import create_devserver
from orderly.devtools.sandbox.sandbox import create_sandbox, sandbox_settings
from orderly.times import parse_time
from orderly.validation.response import ResponseValidator
from orderly.validation.schemas import SchemaCompiler
from tests.applications import SHOP
from tests.asgi import Client, shut_down
from tests.settings import make_settings
from tests.shop.application import APPLICATION, CONTRACT
from tests.shop.factories import PASSWORD

VALIDATORS = SchemaCompiler(CONTRACT)
EXAMPLES = CONTRACT.document["components"]["examples"]


def begin(folder, loaded=CONTRACT):
    """A sandbox that has begun."""
    made = create_sandbox(sandbox_settings(make_settings(rate_limits=False), folder), APPLICATION, loaded)
    asyncio.run(made.fill())
    return made


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    made = begin(tmp_path_factory.mktemp("sandbox"))
    yield made
    asyncio.run(shut_down(made.app))


@pytest.fixture
def people(sandbox):
    """Somebody of each role, signed in, in a sandbox as it begins."""
    assert Client(sandbox.app).post("/sandbox/reset").status == 204
    return {account.role: Client(sandbox.app).signed_in(account.token) for account in sandbox.accounts}


class TestContents:
    def test_there_is_somebody_of_every_role(self, people):
        assert {role: person.get("/v1/me").json["role"] for role, person in people.items()} == {
            role: role for role in CONTRACT.roles
        }

    def test_its_people_sign_in_with_the_password_that_is_printed(self, sandbox, people):
        for account in sandbox.accounts:
            body = {"email": account.email, "password": account.password}
            assert Client(sandbox.app).post("/v1/tokens", body).status == 201

    def test_what_the_contract_shows_is_there_under_its_id(self, people):
        shown = EXAMPLES["ProductPage"]["value"]["data"]
        assert [row["id"] for row in people["customer"].get("/v1/products").json["data"]] == [r["id"] for r in shown]
        order = EXAMPLES["OrderPage"]["value"]["data"][0]
        found = people["customer"].get(f"/v1/orders/{order['id']}").json
        assert [line["id"] for line in found["lines"]] == [line["id"] for line in order["lines"]]

    def test_it_is_the_real_service(self, people):
        product = people["customer"].get("/v1/products").json["data"][0]
        lines = [{"product_id": product["id"], "quantity": 1}]
        assert people["customer"].post("/v1/orders", {"lines": lines}).status == 201
        left = people["customer"].get(f"/v1/products/{product['id']}").json["stock"]
        assert left == product["stock"] - 1

    def test_it_begins_anew_with_the_same_ids_and_tokens(self, people):
        def ids():
            return [row["id"] for row in people["staff"].get("/v1/events").json["data"]]

        began = ids()
        people["staff"].post("/v1/products", {"sku": "NEW-1", "name": "New", "price": {"amount": 1, "currency": "EUR"}})
        assert ids() != began
        people["staff"].post("/sandbox/reset")
        assert ids() == began


SECRETS = re.compile(rb'"(?:access_token|refresh_token|secret|next_cursor)":"[^"]*"')
"""What nothing makes predictable, not even the sandbox; a cursor is signed with a secret."""


class TestTime:
    def test_what_is_shown_has_happened_when_it_is_shown_to_have(self, people):
        for order in EXAMPLES["OrderPage"]["value"]["data"]:
            assert people["customer"].get(f"/v1/orders/{order['id']}").json == order
        assert people["customer"].get("/v1/me").json == EXAMPLES["UserCreated"]["value"]

    def test_after_it_began_anew_the_same_calls_are_answered_byte_by_byte_the_same(self, people):
        first = seen_by(people)
        assert people["staff"].post("/sandbox/reset").status == 204
        assert seen_by(people) == first

    def test_another_sandbox_tells_the_same_times_and_ids(self, people, tmp_path):
        made = begin(tmp_path)
        others = {account.role: Client(made.app).signed_in(account.token) for account in made.accounts}
        assert seen_by(others) == seen_by(people)
        asyncio.run(shut_down(made.app))

    def test_who_only_reads_changes_nothing_for_others(self, people):
        def make():
            sku = {"sku": "NEW-1", "name": "New", "price": {"amount": 1, "currency": "EUR"}}
            return people["staff"].post("/v1/products", sku).json

        made = make()
        people["staff"].post("/sandbox/reset")
        for path in ("/v1/products", "/docs", "/v1/nothing"):
            people["staff"].get(path)
        assert make() == made

    def test_limits_begin_anew_too(self, tmp_path):
        made = create_sandbox(sandbox_settings(make_settings(rate_limits=True), tmp_path), APPLICATION)
        asyncio.run(made.fill())
        limit = next(o for o in CONTRACT.operations if o.operation_id == "create_order").rate_limits[0].limit
        for _ in range(2):
            answer = Client(made.app).signed_in(made.accounts[0].token).post("/v1/orders", {})
            assert f"r={limit - 1};" in answer.headers["ratelimit"]
            assert Client(made.app).post("/sandbox/reset").status == 204
        asyncio.run(shut_down(made.app))

    def test_a_write_comes_a_second_after_the_one_before(self, people):
        def order():
            lines = [{"product_id": EXAMPLES["ProductCreated"]["value"]["id"], "quantity": 1}]
            return parse_time(people["customer"].post("/v1/orders", {"lines": lines}).json["created_at"])

        assert order() + STEP == order()

    def test_what_is_made_in_it_is_in_order_and_has_ids_that_the_contract_knows(self, people):
        price = {"amount": 1, "currency": "EUR"}
        for sku in ("NEW-1", "NEW-2"):
            made = people["staff"].post("/v1/products", {"sku": sku, "name": "New", "price": price}).json
            assert people["customer"].get(f"/v1/products/{made['id']}").status == 200
        ids = [row["id"] for row in people["customer"].get("/v1/products").json["data"]]
        assert (ids[0], ids) == (made["id"], sorted(ids, reverse=True))

    def test_a_service_beside_it_has_the_real_clock(self, people, sign_in):
        assert abs(sign_in("alice").user.created_at - datetime.now(UTC)) < timedelta(minutes=1)


def seen_by(people):
    """What a morning's work is answered, secrets aside."""
    customer, staff, admin = (people[role] for role in ("customer", "staff", "admin"))
    mug = EXAMPLES["ProductCreated"]["value"]["id"]
    answers = [
        customer.post("/v1/orders", {"lines": [{"product_id": mug, "quantity": 2}]}, {"Idempotency-Key": "k"}),
        customer.post("/v1/orders", {"lines": [{"product_id": mug, "quantity": 2}]}, {"Idempotency-Key": "k"}),
        customer.post("/v1/orders", {"lines": []}),
        customer.post("/v1/api-keys", {"name": "key", "scopes": ["orders:read"]}),
        customer.get("/v1/nothing"),
    ]
    order = answers[0].headers["location"]
    answers += [
        staff.post(f"{order}/pay", {"reference": "bank-1"}),
        staff.post(f"{order}/fulfil"),
        admin.post(f"{order}/refund", {"amount": 1}),
        admin.post(f"/v1/users/{customer.get('/v1/me').json['id']}/disable"),
        admin.post("/v1/users", {"email": "dora@example.com", "password": PASSWORD, "name": "Dora"}),
        admin.post("/v1/tokens", {"email": "dora@example.com", "password": PASSWORD}),
    ]
    dora = admin.signed_in(answers[-1].json["access_token"])
    answers += [
        dora.get("/v1/me/sessions"),
        *(staff.get(f"/v1/{what}?limit=100") for what in ("orders", "products", "users", "events", "me/sessions")),
    ]
    return [(answer.status, answer.raw_headers, SECRETS.sub(b"", answer.body)) for answer in answers]


def force(sandbox, operation, status, name):
    """The response that an anonymous request prefers; ResponseContractError if the contract has another one."""
    client, target = Client(sandbox.app), CONTRACT.base_path + operation.path
    answer = client(operation.method, target, None, {"Prefer": f"code={status}; example={name}"})
    headers = {header.name: answer.headers.get(header.name.lower()) for header in operation.responses[status].headers}
    given = {header: value for header, value in headers.items() if value is not None}
    body = answer.json if answer.body else None
    ResponseValidator(operation, VALIDATORS).check(answer.status, answer.headers.get("content-type"), given, body)
    return answer


class TestForced:
    @pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
    def test_every_declared_answer_is_given_and_true_to_the_contract(self, sandbox, operation):
        for status, response in operation.responses.items():
            for name in ("", *(response.error_codes or ())):
                answer = force(sandbox, operation, status, name)
                assert (answer.status, not name or answer.code == name) == (int(status), True)

    def test_a_request_is_answered_as_it_prefers(self, people):
        answer = people["customer"].post("/v1/orders", {"no": "order"}, {"Prefer": "code=409, wait=1"})
        assert (answer.status, answer.headers["preference-applied"]) == (409, "code=409")
        assert answer.json["request_id"] == answer.headers["x-request-id"]

    def test_a_code_can_be_named(self, people):
        answer = people["customer"].post("/v1/orders", {}, {"Prefer": "code=409; example=price_changed"})
        assert (answer.code, answer.json["title"]) == ("price_changed", CONTRACT.errors["price_changed"]["title"])

    @pytest.mark.parametrize("preferred", ["code=abc", "respond-async", "code=4090"])
    def test_what_is_not_declared_is_not_forced(self, people, preferred):
        answer = people["customer"].get("/v1/me", {"Prefer": preferred})
        assert (answer.status, "preference-applied" in answer.headers) == (200, False)

    def test_what_is_not_declared_is_told_and_nothing_is_done(self, people):
        answer = people["customer"].post("/v1/orders", {}, {"Prefer": "code=418"})
        assert (answer.status, answer.code) == (400, "validation_error")
        [error] = answer.json["errors"]
        assert (error["in"], error["name"]) == ("header", "Prefer")
        assert error["message"].startswith("create_order declares 201, 400, 401")

    def test_the_service_itself_knows_no_such_preference(self, client):
        for operation in CONTRACT.operations:
            call = operation.method, CONTRACT.base_path + operation.path, None
            plain = client(*call)
            for status in operation.responses:
                asked = client(*call, {"Prefer": f"code={status}"})
                assert (asked.status, asked.headers.keys()) == (plain.status, plain.headers.keys())


class TestOddExamples:
    @pytest.mark.parametrize("odd", [None, "yesterday", 1770285600, {}], ids=str)
    def test_what_is_no_time_has_not_happened_and_what_is_no_thing_is_not_made(self, tmp_path, odd):
        document = deepcopy(CONTRACT.document)
        orders = document["components"]["examples"]["OrderPage"]["value"]["data"]
        orders[0]["created_at"] = orders[1]["paid_at"] = odd
        orders.append(odd)
        made = begin(tmp_path, Contract(orjson.dumps(document)))
        found = Client(made.app).signed_in(made.accounts[0].token).get("/v1/orders").json["data"]
        assert {each["id"]: each["status"] for each in found} == {
            orders[0]["id"]: "pending",
            orders[1]["id"]: "pending",
            orders[2]["id"]: "fulfilled",
            orders[3]["id"]: "cancelled",
            orders[4]["id"]: "refunded",
        }
        asyncio.run(shut_down(made.app))


class TestOperationWithoutHandler:
    @pytest.fixture
    def suppliers(self, tmp_path):
        """A sandbox of a contract that has more than there are handlers for."""
        document = deepcopy(CONTRACT.document)
        text = orjson.dumps(document["paths"]["/products"]).decode()
        for old, new in {"products": "suppliers", "product": "supplier"}.items():
            text = text.replace(f'_{old}"', f'_{new}"').replace(f'["{old}"]', f'["{new}"]')
        document["paths"]["/suppliers"] = orjson.loads(text)
        links = document["paths"]["/suppliers"]["post"]["responses"]["201"].pop("links")
        document["paths"]["/suppliers"]["post"]["responses"]["201"]["links"] = {"it": next(iter(links.values()))}
        for method in document["paths"]["/suppliers"].values():
            for response in method["responses"].values():
                for link in response.get("links", {}).values():
                    link["operationId"] = "get_product"
        made = begin(tmp_path, Contract(orjson.dumps(document)))
        yield {account.role: Client(made.app).signed_in(account.token) for account in made.accounts}
        asyncio.run(shut_down(made.app))

    def test_it_answers_from_its_example(self, suppliers):
        shown = EXAMPLES["ProductPage"]["value"]
        assert suppliers["customer"].get("/v1/suppliers").json == shown

    def test_it_is_guarded_and_validated_all_the_same(self, suppliers):
        assert suppliers["customer"].post("/v1/suppliers", {}).code == "forbidden"
        assert suppliers["staff"].post("/v1/suppliers", {}).code == "validation_error"


class TestProduction:
    def test_there_is_no_sandbox(self, tmp_path):
        settings = make_settings(env="production")
        with pytest.raises(CommandError, match="not for production"):
            sandbox_settings(settings, tmp_path)
        with pytest.raises(CommandError, match="takes none but its own"):
            create_sandbox(
                settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/sandbox.db"}), APPLICATION
            )

    def test_no_command_begins_one(self, orderly, monkeypatch):
        monkeypatch.setenv("ORDERLY_ENV", "production")
        monkeypatch.setenv("ORDERLY_SECRET_KEY", "x" * 32)
        for option in ("--sandbox", "--reload"):
            assert "not for production" in orderly("serve", option).err

    def test_a_database_that_is_not_the_sandboxs_is_never_emptied(self, tmp_path):
        with pytest.raises(CommandError, match="takes none but its own"):
            create_sandbox(make_settings(database_url=f"sqlite:///{tmp_path}/orderly.db"), APPLICATION)

    @pytest.mark.parametrize("path", ["/sandbox/accounts", "/sandbox/reset", "/docs/reload", "/docs/assets/sandbox.js"])
    def test_nothing_of_it_is_there(self, client, path):
        assert client.get(path).code == "not_found"
        assert client.post(path).code == "not_found"


def test_the_docs_page_has_the_scripts_of_what_is_on(tmp_path, sandbox):
    page = Client(sandbox.app).get("/docs").body.decode()
    assert ("/docs/assets/sandbox.js" in page, "/docs/assets/reload.js" in page) == (True, False)
    assert Client(sandbox.app).get("/docs/assets/sandbox.js").status == 200
    plain = create_devserver(
        make_settings(database_url=f"sqlite:///{tmp_path}/a.db"),
        application=APPLICATION,
        sandbox=False,
        reload=False,
    )
    assert "sandbox.js" not in Client(plain).get("/docs").body.decode()


def test_an_example_is_not_changed_by_whoever_is_given_it():
    operation = next(o for o in CONTRACT.operations if o.operation_id == "get_order")
    handler = sandboxes.ExampleResolver(SHOP).handler(operation)
    assert handler.__name__ == "get_order"
