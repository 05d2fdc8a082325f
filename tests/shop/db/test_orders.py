"""Orders: placing them, the machine of their states, who sees them, and what the table holds against a bug."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from db import accounts, order_actions, orders, products
from db.events import Event
from db.order_actions import CurrencyMismatch, PaymentReferenceTaken, PriceChanged
from db.orders import InvalidTransition, Order, RefundTooLarge
from db.products import InsufficientStock, Product, ProductUnavailable
from db.users import AccountDeleted
from orderly import Caller
from orderly.errors import Conflict, Invalid, NotFound
from tests.shop.factories import make_caller, make_order, make_product, make_user
from tests.statements import listen

STATES = ("pending", "paid", "fulfilled", "cancelled", "refunded")
ACTIONS = {
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


def events_of(session, order):
    found = select(Event.type).where(Event.subject_id == order.id).order_by(Event.position, Event.id)
    return list(session.scalars(found))


def stock_of(session, product):
    return session.scalar(select(Product.stock).where(Product.id == product.id))


class TestPlacing:
    def test_stock_is_taken_and_prices_are_frozen(self, session, alice):
        cup, pot = make_product(session, price_amount=350, stock=10), make_product(session, price_amount=2400, stock=3)
        order = order_actions.place(session, alice, [(pot.id, 1), (cup.id, 4)], note="A gift", metadata={"cart": "7"})
        assert (order.status, order.currency, order.total_amount, order.note) == ("pending", "EUR", 3800, "A gift")
        assert [(line.product_id, line.quantity, line.unit_price_amount) for line in order.lines] == [
            (pot.id, 1, 2400),
            (cup.id, 4, 350),
        ]
        assert (stock_of(session, cup), stock_of(session, pot)) == (6, 2)
        assert events_of(session, order) == ["order.created"]

    def test_lines_of_one_product_become_one(self, session, alice):
        cup = make_product(session, stock=10)
        order = order_actions.place(session, alice, [(cup.id, 2), (cup.id, 3)])
        assert [line.quantity for line in order.lines] == [5]
        assert stock_of(session, cup) == 5

    def test_merged_lines_are_short_together(self, session, alice):
        cup = make_product(session, stock=4)
        with pytest.raises(InsufficientStock):
            order_actions.place(session, alice, [(cup.id, 2), (cup.id, 3)])

    def test_the_last_line_short_means_that_none_is_applied(self, database):
        with database.writing() as session:
            alice = make_caller(make_user(session))
            cup, pot = make_product(session, stock=10), make_product(session, stock=1)
            session.commit()
        with database.writing() as session, pytest.raises(InsufficientStock):
            order_actions.place(session, alice, [(cup.id, 2), (pot.id, 2)])
        with database.reading() as session:
            assert (stock_of(session, cup), stock_of(session, pot)) == (10, 1)
            assert session.scalar(select(func.count()).select_from(Order)) == 0

    def test_an_archived_or_unknown_product_is_unavailable(self, session, alice, bob):
        cup = make_product(session, stock=10)
        products.archive(session, bob, cup.id)
        for product_id in (cup.id, "prd_01kg9ys7g0e4ma4jz41b93y214"):
            with pytest.raises(ProductUnavailable):
                order_actions.place(session, alice, [(product_id, 1)])

    def test_an_order_has_one_currency(self, session, alice):
        euro, dollar = make_product(session, stock=1), make_product(session, stock=1, currency="USD")
        with pytest.raises(CurrencyMismatch):
            order_actions.place(session, alice, [(euro.id, 1), (dollar.id, 1)])

    @pytest.mark.parametrize("expected", [(701, "EUR"), (699, "EUR"), (700, "USD")])
    def test_another_total_than_the_expected_one_is_refused(self, session, alice, expected):
        cup = make_product(session, price_amount=350, stock=10)
        with pytest.raises(PriceChanged):
            order_actions.place(session, alice, [(cup.id, 2)], expected_total=expected)

    def test_the_expected_total_is_fine(self, session, alice):
        cup = make_product(session, price_amount=350, stock=10)
        assert order_actions.place(session, alice, [(cup.id, 2)], expected_total=(700, "EUR")).total_amount == 700

    def test_an_account_that_was_just_erased_orders_nothing(self, session, alice):
        stranger = Caller("usr_01kg9ys7g0e4ma4jz41b93y214")
        with pytest.raises(AccountDeleted):
            order_actions.place(session, stranger, [(make_product(session, stock=1).id, 1)])

    def test_the_number_of_statements_does_not_grow_with_the_lines(self, session, alice):
        counts = []
        for lines in (1, 20):
            wanted = [(make_product(session, stock=5).id, 1) for _ in range(lines)]
            with listen(session) as heard:
                order_actions.place(session, alice, wanted)
            counts.append(len(heard))
        assert counts[0] == counts[1]


class TestTheMachine:
    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("status", STATES)
    def test_every_pair_of_state_and_action(self, session, bob, status, action):
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

    def test_cancelling_puts_the_stock_back_once(self, session, alice):
        cup = make_product(session, stock=10)
        order = order_actions.place(session, alice, [(cup.id, 4)])
        for _ in range(2):
            order_actions.cancel(session, order, alice)
        assert stock_of(session, cup) == 10

    def test_the_stock_of_an_archived_product_is_put_back_too(self, session, alice, bob):
        cup = make_product(session, stock=10)
        order = order_actions.place(session, alice, [(cup.id, 4)])
        products.archive(session, bob, cup.id)
        order_actions.cancel(session, order, alice)
        assert stock_of(session, cup) == 10

    @pytest.mark.parametrize(("restock", "stock"), [(True, 10), (False, 8)])
    def test_a_refund_puts_the_stock_back_if_it_came_back(self, session, bob, restock, stock):
        cup = make_product(session, stock=10)
        order = make_order(session, lines=[(cup.id, 2)], status="paid")
        order_actions.refund(session, order, bob, restock=restock)
        assert (stock_of(session, cup), order.restocked) == (stock, restock)

    def test_a_refund_is_all_or_less(self, session, bob):
        whole, part = make_order(session, status="paid"), make_order(session, status="paid")
        order_actions.refund(session, whole, bob)
        order_actions.refund(session, part, bob, 1)
        assert (whole.refunded_amount, part.refunded_amount) == (whole.total_amount, 1)

    def test_a_refund_is_not_more_than_was_paid(self, session, bob):
        order = make_order(session, status="paid")
        with pytest.raises(RefundTooLarge):
            order_actions.refund(session, order, bob, order.total_amount + 1)
        assert order.status == "paid"

    def test_one_payment_pays_one_order(self, session, bob):
        order_actions.pay(session, make_order(session), bob, "bank-1")
        with pytest.raises(PaymentReferenceTaken):
            order_actions.pay(session, make_order(session), bob, "bank-1")

    def test_a_revision_to_the_same_is_none(self, session, alice):
        order = make_order(session, note="A gift", metadata={"cart": "7"})
        order_actions.update(session, order, alice, {"note": "A gift", "metadata": {"cart": "7", "none": None}})
        assert (order.version, events_of(session, order)) == (1, ["order.created"])

    def test_a_revision_merges_the_metadata(self, session, alice):
        order = make_order(session, shipping_address={"name": "Alice"}, metadata={"cart": "7", "campaign": "spring"})
        order_actions.update(session, order, alice, {"shipping_address": None, "metadata": {"cart": None, "till": "2"}})
        assert (order.shipping_address, order.order_metadata) == (None, {"campaign": "spring", "till": "2"})
        order_actions.update(session, order, alice, {"metadata": None})
        assert order.order_metadata == {}

    def test_a_revision_cannot_leave_too_much_metadata(self, session, alice):
        order = make_order(session, metadata={f"old-{n}": "x" for n in range(20)})
        with pytest.raises(Invalid):
            order_actions.update(session, order, alice, {"metadata": {"one-more": "x"}})


class TestTheTable:
    """What the table refuses even if the code is wrong."""

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
    def test_an_order_that_contradicts_itself(self, session, values):
        order = make_order(session)
        with pytest.raises(IntegrityError, match="ck_orders"):
            session.execute(update(Order).where(Order.id == order.id).values(values))

    @pytest.mark.parametrize("amount", [-1, 701])
    def test_a_refund_that_was_not_paid(self, session, amount):
        order = make_order(session, status="refunded", lines=[(make_product(session, price_amount=350).id, 2)])
        with pytest.raises(IntegrityError, match="ck_orders"):
            session.execute(update(Order).where(Order.id == order.id).values(refunded_amount=amount))

    @pytest.mark.parametrize("values", [{"quantity": 0}, {"quantity": 1_000_001}, {"unit_price_amount": -1}])
    def test_a_line_that_cannot_be(self, session, values):
        line = make_order(session).lines[0]
        with pytest.raises(IntegrityError, match="ck_order_lines"):
            session.execute(update(orders.OrderLine).where(orders.OrderLine.id == line.id).values(values))


class TestWhoSeesAndChanges:
    def test_alice_and_the_staff_see_the_order_and_a_stranger_does_not(self, session, alice, bob):
        order = make_order(session, alice)
        assert orders.get(session, order.id, alice) is order
        assert orders.get(session, order.id, bob) is order
        with pytest.raises(NotFound):
            orders.get(session, order.id, make_caller(make_user(session, "charlie")))

    def test_changing_takes_the_order_or_the_scope(self, session, alice, bob):
        order = make_order(session, alice)
        assert orders.get_to_change(session, order.id, alice) is order
        with pytest.raises(NotFound):
            orders.get_to_change(session, order.id, bob)
        manager = make_caller(make_user(session, "carol"), scopes=frozenset({"orders:manage"}))
        assert orders.get_to_change(session, order.id, manager) is order


class TestThePerson:
    @pytest.mark.parametrize("status", STATES)
    def test_pending_and_paid_orders_are_open(self, session, alice, status):
        make_order(session)
        make_order(session, alice, status=status)
        assert orders.has_open(session, alice.id) is (status in ("pending", "paid"))

    def test_erasing_forgets_what_is_about_the_person(self, session, alice):
        given = {"note": "Ring twice", "shipping_address": {"name": "Alice"}, "metadata": {"phone": "1"}}
        order, other = make_order(session, alice, **given), make_order(session, **given)
        orders.erase(session, alice.id)
        session.expire_all()
        assert (order.note, order.shipping_address, order.order_metadata, order.version) == (None, None, {}, 2)
        assert (other.note, other.order_metadata, other.version) == ("Ring twice", {"phone": "1"}, 1)

    @pytest.mark.parametrize("status", ["pending", "paid"])
    def test_an_account_with_an_open_order_is_kept(self, session, status):
        user = make_user(session, "alice")
        make_order(session, make_caller(user), status=status)
        with pytest.raises(accounts.HasOpenOrders):
            accounts.erase(session, user)

    def test_an_account_whose_orders_are_over_is_erased_with_what_they_tell(self, session):
        user = make_user(session, "alice")
        order = make_order(session, make_caller(user), status="fulfilled", note="Ring twice")
        accounts.erase(session, user)
        session.refresh(order)
        assert (user.status, order.status, order.note, order.user_id) == ("erased", "fulfilled", None, user.id)


def test_every_refusal_is_a_conflict_with_its_own_code():
    refusals = (InvalidTransition, RefundTooLarge, CurrencyMismatch, PriceChanged, PaymentReferenceTaken)
    assert len({refusal.code for refusal in refusals if issubclass(refusal, Conflict)}) == len(refusals)
