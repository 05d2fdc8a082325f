"""Orders: creation, transitions and constraints."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import order_actions, orders
from db.events import Event
from db.orders import InvalidTransition, Order
from db.products import InsufficientStock, Product
from db.users import AccountDeleted
from orderly import Caller, ReadSession
from orderly.database.database import Database
from orderly.errors import Invalid
from tests.shop.factories import make_caller, make_order, make_product, make_user
from tests.statements import listen

STATES = ("pending", "paid", "fulfilled", "cancelled", "refunded")
ACTIONS: dict[str, Callable[..., Any]] = {
    "revise": lambda session, order, caller: order_actions.update(session, order, caller, {"note": "At the back door"}),
    "pay": lambda session, order, caller: order_actions.pay(session, order, caller, "bank-1"),
    "fulfil": lambda session, order, caller: order_actions.fulfil(session, order, caller, "1Z999"),
    "cancel": order_actions.cancel,
    "refund": lambda session, order, caller: order_actions.refund(session, order, caller, restock=True),
}
LEGAL = {
    ("pending", "revise"): "pending",
    ("pending", "pay"): "paid",
    ("pending", "cancel"): "cancelled",
    ("cancelled", "cancel"): "cancelled",
    ("paid", "fulfil"): "fulfilled",
    ("paid", "refund"): "refunded",
    ("fulfilled", "refund"): "refunded",
}
PATHS = {
    "pending": ["order.created"],
    "paid": ["order.created", "order.paid"],
    "fulfilled": ["order.created", "order.paid", "order.fulfilled"],
    "cancelled": ["order.created", "order.cancelled"],
    "refunded": ["order.created", "order.paid", "order.refunded"],
}


def events_of(session: Session, order: Order) -> list[Any]:
    found = select(Event.type).where(Event.subject_id == order.id).order_by(Event.position, Event.id)
    return list(session.scalars(found))


def stock_of(session: ReadSession | Session, product: Product) -> Any:
    return session.scalar(select(Product.stock).where(Product.id == product.id))


class TestPlacing:
    def test_lines_of_one_product_are_merged(self, session: Session, alice: Caller) -> None:
        cup = make_product(session, stock=10)
        order = order_actions.place(session, alice, [(cup.id, 2), (cup.id, 3)])
        assert [line.quantity for line in order.lines] == [5]
        assert stock_of(session, cup) == 5

    def test_merged_lines_share_the_stock(self, session: Session, alice: Caller) -> None:
        cup = make_product(session, stock=4)
        with pytest.raises(InsufficientStock):
            order_actions.place(session, alice, [(cup.id, 2), (cup.id, 3)])

    def test_one_short_line_leaves_the_stock_unchanged(self, database: Database) -> None:
        with database.writing() as session:
            alice = make_caller(make_user(session))
            cup, pot = make_product(session, stock=10), make_product(session, stock=1)
            session.commit()
        with database.writing() as session, pytest.raises(InsufficientStock):
            order_actions.place(session, alice, [(cup.id, 2), (pot.id, 2)])
        with database.reading() as session:
            assert (stock_of(session, cup), stock_of(session, pot)) == (10, 1)
            assert session.scalar(select(func.count()).select_from(Order)) == 0

    def test_erased_account_cannot_order(self, session: Session, alice: Caller) -> None:
        stranger = Caller("usr_01kg9ys7g0e4ma4jz41b93y214")
        with pytest.raises(AccountDeleted):
            order_actions.place(session, stranger, [(make_product(session, stock=1).id, 1)])

    def test_number_of_statements_is_independent_of_lines(self, session: Session, alice: Caller) -> None:
        counts = []
        for lines in (1, 20):
            wanted = [(make_product(session, stock=5).id, 1) for _ in range(lines)]
            with listen(session) as statements:
                order_actions.place(session, alice, wanted)
            counts.append(len(statements))
        assert counts[0] == counts[1]


class TestTransitions:
    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("status", STATES)
    def test_every_action_in_every_status(self, session: Session, bob: Caller, status: str, action: str) -> None:
        order = make_order(session, status=status)
        before = order.version
        if (status, action) not in LEGAL:
            with pytest.raises(InvalidTransition):
                ACTIONS[action](session, order, bob)
            assert (order.status, events_of(session, order)) == (status, PATHS[status])
            return
        ACTIONS[action](session, order, bob)
        changed = (status, action) != ("cancelled", "cancel")
        assert (order.status, order.version) == (LEGAL[status, action], before + changed)
        done = {"revise": "updated", "pay": "paid", "fulfil": "fulfilled", "cancel": "cancelled", "refund": "refunded"}
        assert events_of(session, order) == PATHS[status] + [f"order.{done[action]}"] * changed

    def test_update_without_a_change_is_not_recorded(self, session: Session, alice: Caller) -> None:
        order = make_order(session, note="A gift", metadata={"cart": "7"})
        order_actions.update(session, order, alice, {"note": "A gift", "metadata": {"cart": "7", "none": None}})
        assert (order.version, events_of(session, order)) == (1, ["order.created"])

    def test_update_cannot_exceed_the_metadata_limit(self, session: Session, alice: Caller) -> None:
        order = make_order(session, metadata={f"old-{n}": "x" for n in range(20)})
        with pytest.raises(Invalid):
            order_actions.update(session, order, alice, {"metadata": {"one-more": "x"}})


class TestTable:
    """The constraints of the table."""

    @pytest.mark.parametrize(
        "values",
        [
            {"status": "lost"},
            {"status": "paid"},
            {"status": "fulfilled"},
            {"status": "cancelled"},
            {"status": "refunded"},
            {"restocked": True},
            {"payment_reference": "bank-1"},
            {"tracking": "1Z999"},
            {"refunded_amount": 1},
            {"total_amount": -1},
        ],
    )
    def test_inconsistent_order_is_rejected(self, session: Session, values: dict[str, Any]) -> None:
        order = make_order(session)
        with pytest.raises(IntegrityError, match="ck_orders"):
            session.execute(update(Order).where(Order.id == order.id).values(values))

    @pytest.mark.parametrize("amount", [-1, 701])
    def test_refund_over_the_total_is_rejected(self, session: Session, amount: int) -> None:
        order = make_order(session, status="refunded", lines=[(make_product(session, price_amount=350).id, 2)])
        with pytest.raises(IntegrityError, match="ck_orders"):
            session.execute(update(Order).where(Order.id == order.id).values(refunded_amount=amount))

    @pytest.mark.parametrize("values", [{"quantity": 0}, {"quantity": 1_000_001}, {"unit_price_amount": -1}])
    def test_invalid_line_is_rejected(self, session: Session, values: dict[str, int]) -> None:
        line = make_order(session).lines[0]
        with pytest.raises(IntegrityError, match="ck_order_lines"):
            session.execute(update(orders.OrderLine).where(orders.OrderLine.id == line.id).values(values))


class TestOwner:
    @pytest.mark.parametrize("status", STATES)
    def test_pending_and_paid_orders_are_open(self, session: Session, alice: Caller, status: str) -> None:
        make_order(session)
        make_order(session, alice, status=status)
        assert orders.has_open(session, alice.id) is (status in ("pending", "paid"))

    def test_erasing_deletes_personal_data(self, session: Session, alice: Caller) -> None:
        given: dict[str, Any] = {
            "note": "Ring twice",
            "shipping_address": {"name": "Alice"},
            "metadata": {"phone": "1"},
        }
        order, other = make_order(session, alice, **given), make_order(session, **given)
        orders.erase(session, alice.id)
        session.expire_all()
        assert (order.note, order.shipping_address, order.order_metadata, order.version) == (None, None, {}, 2)
        assert (other.note, other.order_metadata, other.version) == ("Ring twice", {"phone": "1"}, 1)
