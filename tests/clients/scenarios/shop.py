"""A customer's first visit, from registration to cancelling an order."""

import json
import sys

from orderly_client import connect, connect_with_key, each, refusals, sign_in
from orderly_client.api.api_keys import create_api_key
from orderly_client.api.me import delete_me, get_me, update_me
from orderly_client.api.orders import cancel_order, create_order, get_order, list_orders
from orderly_client.api.products import list_products
from orderly_client.api.users import create_user
from orderly_client.models import ApiKeyCreate, MeUpdate, OrderCreate, OrderLineCreate, UserCreate

args = json.loads(sys.argv[1])
url, email, password = args["url"], args["email"], "correct horse battery staple"

signing_up = UserCreate(email=email, password=password, name="Alice")
create_user.sync(client=connect(url), body=signing_up)
try:
    create_user.sync(client=connect(url), body=signing_up)
    raise AssertionError("the address is taken")
except refusals.EmailTaken as error:
    assert error.response.status_code == 409

alice = sign_in(url, email, password)
skus = [product.sku for product in each(list_products.sync, client=alice, limit=20)]
assert len(skus) == len(set(skus))
assert sorted(sku for sku in skus if sku.startswith("OLD-")) == [f"OLD-{n:03}" for n in range(500)]

[product] = each(list_products.sync, client=alice, q="OLD-007")
order = create_order.sync(client=alice, body=OrderCreate(lines=[OrderLineCreate(product.id, 3)]))
assert (order.status, order.total.amount) == ("pending", 3 * product.price.amount)
try:
    create_order.sync(client=alice, body=OrderCreate(lines=[OrderLineCreate(product.id, 8)]))
    raise AssertionError("there are seven left")
except refusals.InsufficientStock as error:
    assert (error.problem.code, error.problem.status) == ("insufficient_stock", 409)
assert cancel_order.sync(order.id, client=alice).status == "cancelled"
assert [each.id for each in each(list_orders.sync, client=alice)] == [order.id]

response = get_me.sync_detailed(client=alice)
renamed = update_me.sync(client=alice, body=MeUpdate(name="Alice Archer"), if_match=response.headers["ETag"])
assert renamed.name == "Alice Archer"
try:
    update_me.sync(client=alice, body=MeUpdate(name="Alice"), if_match=response.headers["ETag"])
    raise AssertionError("it has changed")
except refusals.PreconditionFailed:
    pass
try:
    get_order.sync("ord_00000000000000000000000000", client=alice)
    raise AssertionError("there is no such order")
except refusals.NotFound:
    pass

created = create_api_key.sync(client=alice, body=ApiKeyCreate(name="Till", scopes=["me:read"]))
till = connect_with_key(url, created.secret)
assert get_me.sync(client=till).email == email
try:
    list_orders.sync(client=till)
    raise AssertionError("the key may not")
except refusals.Forbidden:
    pass
delete_me.sync(client=alice)
