"""Lengths, ranges, values and nulls of the contract fit the columns."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Integer, String

from db.api_keys import ApiKey
from db.events import Event
from db.orders import Order, OrderLine
from db.products import Product
from db.sessions import UserSession
from db.stock_ledger import StockAdjustment
from db.users import User
from orderly.contract.node import Node
from orderly.database.models import Base, UtcDateTime
from tests.shop.application import CONTRACT

OURS = CONTRACT


@dataclass
class Kept:
    """A table, its schemas, and properties without an equal column."""

    row: type[Base]
    schemas: list[str]
    renamed: dict[str, str] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)


KEPT = [
    Kept(User, ["User", "UserCreate", "UserUpdate", "MeUpdate"], without={"password", "current_password"}),
    Kept(UserSession, ["Session"], without={"current"}),
    Kept(ApiKey, ["ApiKey", "ApiKeyCreate", "ApiKeyCreated"], without={"secret"}),
    Kept(
        Product,
        ["Product", "ProductCreate", "ProductUpdate"],
        {"price.amount": "price_amount", "price.currency": "currency"},
    ),
    Kept(StockAdjustment, ["StockAdjustment", "StockAdjustmentCreate"]),
    Kept(
        Order,
        ["Order", "OrderCreate", "OrderUpdate"],
        {"total.amount": "total_amount", "total.currency": "currency", "refunded.amount": "refunded_amount"},
        {"lines", "expected_total.amount", "expected_total.currency", "refunded.currency"},
    ),
    Kept(Order, ["OrderPayment"], {"reference": "payment_reference"}),
    Kept(Order, ["OrderFulfilment"]),
    Kept(Order, ["OrderRefund"], {"amount": "refunded_amount", "restock": "restocked"}),
    Kept(
        OrderLine, ["OrderLine", "OrderLineCreate"], {"unit_price.amount": "unit_price_amount"}, {"unit_price.currency"}
    ),
    Kept(Event, ["Event"]),
]
PART_OF_OTHERS = {"EventData", "EventLine", "Money", "Price", "ShippingAddress"}
NOT_KEPT = {
    *("ApiKeyRotate", "Liveness", "PasswordChange", "Problem", "Readiness", "Violation"),
    *("TokenCreate", "TokenRefresh", "Tokens"),
}
ERASED = {"email", "name"}
"""Columns that are null for an erased account only, which no operation returns."""
EMPTIED = {"OrderUpdate metadata"}
"""In a merge patch null removes every member, and the column keeps an empty object."""
SIZES = {Integer: 2**31 - 1, BigInteger: 2**63 - 1}


def leaves(schema: Node, path: str = "", null: bool = False) -> Iterator[tuple[str, Node, bool]]:
    """Yield each property's dotted name, schema and nullability."""
    for name, each in schema["properties"].items():
        found, may_be_null = without_null(each)
        dotted = f"{path}{name}"
        if "properties" in found.value and name not in ("shipping_address", "data"):
            yield from leaves(found, f"{dotted}.", null or may_be_null)
        else:
            yield dotted, found, null or may_be_null


def without_null(schema: Node) -> tuple[Node, bool]:
    alternatives = [node.target for _, node in schema["anyOf"].members()] if "anyOf" in schema.value else [schema]
    [real] = [node for node in alternatives if node.value.get("type") != "null"]
    types = real.value.get("type")
    return real, len(alternatives) > 1 or (isinstance(types, list) and "null" in types)


def checks(column: Column) -> str:
    """Return the CHECK constraints of a column's table, as SQL."""
    constraints = [each for each in column.table.constraints if isinstance(each, CheckConstraint)]
    return "; ".join(str(each.sqltext) for each in constraints)


def listed(column: Column) -> set[str]:
    found = re.search(rf"(?:^|; ){column.name} IN \(([^)]*)\)", checks(column))
    return set(re.findall(r"'([^']*)'", found[1])) if found else set()


def bounds(column: Column) -> tuple[int, int]:
    """Return the least and the greatest number of a column."""
    largest = SIZES[BigInteger if isinstance(column.type, BigInteger) else Integer]
    between = re.search(rf"(?:^|; ){column.name} BETWEEN (\d+) AND (\d+)", checks(column))
    at_least = re.search(rf"(?:^|; ){column.name} >= (\d+)", checks(column))
    if between:
        return int(between[1]), int(between[2])
    return int(at_least[1]) if at_least else -largest, largest


def misfits(name: str, column: Column, schema: Node, null: bool) -> Iterator[str]:
    value = schema.value
    if isinstance(column.type, String) and column.type.length is not None:
        yield from too_long(name, column.type.length, value)
    if "enum" in value and set(value["enum"]) != listed(column) - {"erased"}:
        yield f"{name} has other values than the CHECK of its column"
    if isinstance(column.type, Integer):
        yield from too_large(name, *bounds(column), value)
    if isinstance(column.type, UtcDateTime) and value.get("format") != "date-time":
        yield f"{name} is a time in its column only"
    if isinstance(column.type, Boolean) != (value.get("type") == "boolean"):
        yield f"{name} is a boolean on one side only"
    if null and not column.nullable and name not in EMPTIED:
        yield f"{name} may be null, and its column may not"


def too_long(name: str, length: int, value: dict) -> Iterator[str]:
    longest = max(map(len, value["enum"])) if "enum" in value else value["maxLength"]
    if longest > length:
        yield f"{name} may have {longest} characters, and its column holds {length}"


def too_large(name: str, least: int, greatest: int, value: dict) -> Iterator[str]:
    if value["minimum"] < least or value["maximum"] > greatest:
        yield f"{name} may be {value['minimum']} to {value['maximum']}, and its column holds {least} to {greatest}"


def unfit(document: dict) -> list[str]:
    """Return descriptions of what does not fit."""
    root = Node(document, "", document)
    found = []
    for kept in KEPT:
        columns: dict[str, Any] = {column.name: column for column in kept.row.__table__.columns}
        for schema in kept.schemas:
            is_response = schema in (kept.row.__name__, "ApiKeyCreated", "Session")
            for path, leaf, null in leaves(root["components"]["schemas"][schema].target):
                if path in kept.without:
                    continue
                column = columns.get(kept.renamed.get(path, path))
                if column is None:
                    found.append(f"{schema} {path} has no column")
                    continue
                found += misfits(f"{schema} {path}", column, leaf, null)
                if is_response and column.nullable and not null and not (schema == "User" and path in ERASED):
                    found.append(f"{schema} {path} is never null, and its column may be")
    return found


def test_the_contract_fits_the_columns() -> None:
    assert unfit(OURS.document) == []


def test_every_schema_has_a_table_or_an_exception() -> None:
    schemas = OURS.document["components"]["schemas"]
    objects = {name for name, schema in schemas.items() if "properties" in schema and not name.endswith("Page")}
    assert objects == {name for kept in KEPT for name in kept.schemas} | PART_OF_OTHERS | NOT_KEPT


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda s: s["Sku"].update(maxLength=65), "Product sku may have 65 characters, and its column holds 64"),
        (lambda s: s["PaymentReference"].update(maxLength=201), "OrderPayment reference may have 201 characters"),
        (lambda s: s["Version"].update(maximum=2**31), "User version may be 1 to 2147483648"),
        (lambda s: s["Stock"].update(minimum=-1), "Product stock may be -1 to 1000000000"),
        (lambda s: s["Role"]["enum"].append("owner"), "User role has other values"),
        (lambda s: s["OrderStatus"]["enum"].remove("paid"), "Order status has other values"),
        (lambda s: s["Product"]["properties"].update(category=s["Category"]), "Product category is never null"),
        (lambda s: s["ProductUpdate"]["properties"].update(sku=s["NextCursor"]), "ProductUpdate sku may be null"),
        (lambda s: s["Order"]["properties"].update(paid_at=s["Name"]), "Order paid_at is a time in its column only"),
        (lambda s: s["User"]["properties"].update(nickname=s["Name"]), "User nickname has no column"),
    ],
)
def test_difference_is_found(change: Callable[..., Any], result: str) -> None:
    document = deepcopy(OURS.document)
    change(document["components"]["schemas"])
    assert result in "; ".join(unfit(document))
