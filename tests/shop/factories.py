"""Factories of the rows in tests.

Alice is an owner, bob is staff, carol is an admin, and charlie is a stranger.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from db import api_keys, order_actions, products, sessions, users
from db.api_keys import CreatedApiKey
from db.orders import Order
from db.passwords import hash_password
from db.products import Product
from db.sessions import IssuedTokens
from db.stock_ledger import StockAdjustment
from db.users import User
from orderly import Caller
from orderly.clock import new_id

PASSWORD = "correct horse battery staple"
ROLE_OF = {"bob": "staff", "carol": "admin"}
SCOPES = frozenset({"me:read", "me:write", "orders:read", "orders:write"})


@cache
def password_hash() -> str:
    """Return the hash of `PASSWORD`; its real cost is paid once."""
    return hash_password(PASSWORD)


def make_user(session: Session, name: str = "alice", **given: Any) -> User:
    """Create a user."""
    given = {"email": f"{name}@example.com", "role": ROLE_OF.get(name, "customer"), **given}
    return users.create(session, name=name.title(), **{"password_hash": password_hash(), **given})


def make_caller(user: User, *, scopes: frozenset[str] = SCOPES, **claims: str) -> Caller:
    """Return a caller with enough scopes."""
    return Caller(user.id, scopes, frozenset({user.role}), claims)


def make_session(session: Session, user: User | None = None, **given: Any) -> IssuedTokens:
    """Create a session."""
    return sessions.start(session, user or make_user(session, f"user-{new_id('t')}"), **given)


def make_key(session: Session, user: User, **given: Any) -> CreatedApiKey:
    """Create an API key that may read the owner's orders."""
    given = {"caller": make_caller(user), "name": "laptop", "scopes": ["orders:read"], **given}
    return api_keys.create(session, **given)


def make_product(session: Session, **given: Any) -> Product:
    """Create a product with a stock of ten."""
    n = new_id("t")[2:]
    default = {"sku": f"MUG-{n}", "name": "Mug", "price_amount": 1250, "currency": "EUR", "stock": 10}
    return products.create(session, None, **{**default, **given})


def make_adjustment(session: Session, product: Product, **given: Any) -> StockAdjustment:
    """Add five pieces to a stock."""
    caller = make_caller(make_user(session, f"user-{new_id('t')}"))
    return products.adjust(session, caller, product.id, **{"delta": 5, "reason": "delivery", **given})


PAST = {"pending": "", "cancelled": "cancel", "paid": "pay", "fulfilled": "pay fulfil", "refunded": "pay refund"}


def make_order(session: Session, caller: Caller | None = None, *, status: str = "pending", **given: Any) -> Order:
    """Create an order, and bring it to a status."""
    caller = caller or make_caller(make_user(session, f"user-{new_id('t')}"))
    lines = given.pop("lines", None) or [(make_product(session).id, 2)]
    order = order_actions.place(session, caller, lines, **given)
    steps: dict[str, Callable[..., Any]] = {
        "cancel": order_actions.cancel,
        "pay": order_actions.pay,
        "fulfil": order_actions.fulfil,
        "refund": order_actions.refund,
    }
    for step in PAST[status].split():
        steps[step](session, order, caller, *([f"payment-{order.id}"] if step == "pay" else []))
    return order
