"""Sample products, customers and orders, created by the rules of real ones."""

import secrets
from collections.abc import Callable, Iterator
from random import Random
from typing import TypeVar

from sqlalchemy.orm import Session

from db import accounts, order_actions, products
from db.orders import Order
from db.passwords import hash_password
from db.products import Product
from orderly import Caller
from orderly.clock import new_id
from orderly.database.database import Database

T = TypeVar("T")

BATCH = 200
"""Rows per transaction. Other writers wait less than a second for one batch."""
FIRST = ("Alice", "Ben", "Chiara", "Dmitri", "Emine", "Farid", "Grace", "Hana", "Ivo", "Jules", "Kofi", "Lena")
LAST = ("Archer", "Baker", "Conti", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kaya")
STREETS = ("Mill Lane", "Station Road", "Church Street", "Harbour Walk", "Orchard Way", "Park Avenue")
CITIES = (("Dublin", "D02 X285", "IE"), ("Lyon", "69001", "FR"), ("Bremen", "28195", "DE"), ("Porto", "4000-123", "PT"))
LOOKS = ("Blue", "Small", "Large", "Hand-made", "Plain", "Striped", "Enamel", "Walnut", "Linen", "Recycled")
THINGS = {
    "kitchen": ("Cup", "Teapot", "Bowl", "Bread Knife", "Chopping Board"),
    "office": ("Notebook", "Pen Holder", "Desk Lamp", "Letter Tray"),
    "garden": ("Trowel", "Watering Can", "Bird Feeder", "Plant Pot"),
    "home": ("Candle", "Blanket", "Cushion", "Mirror", "Vase"),
}
NOTES = (None, None, None, "Please ring twice.", "A gift: no invoice in the parcel.", "Leave it with the neighbours.")
HISTORIES = {
    (): 8,
    ("cancel",): 7,
    ("pay",): 15,
    ("pay", "fulfil"): 65,
    ("pay", "refund"): 2,
    ("pay", "fulfil", "refund"): 3,
}
"""Histories of orders, each with its share in percent."""
DELIVERY = 250
"""Quantity of a delivery for a product that is sold out."""


def in_batches(database: Database, count: int, create: Callable[[Session], T]) -> Iterator[T]:
    """Create `count` objects, in transactions of at most BATCH objects."""
    for start in range(0, count, BATCH):
        with database.writing() as session:
            created = [create(session) for _ in range(min(BATCH, count - start))]
            session.commit()
        yield from created


def create_person(session: Session, random: Random, role: str, password_hash: str) -> Caller:
    """Create an account with an invented name."""
    first, last = random.choice(FIRST), random.choice(LAST)
    email = f"{first}.{last}.{new_id('t')[-8:]}@example.com".lower()
    user = accounts.sign_up(session, email=email, name=f"{first} {last}", role=role, password_hash=password_hash)
    return Caller(user.id, roles=frozenset({role}))


def create_staff(database: Database, random: Random) -> Caller:
    """Create a staff account with an unknown password."""
    with database.writing() as session:
        staff = create_person(session, random, "staff", hash_password(secrets.token_urlsafe(18)))
        session.commit()
    return staff


class SeedFactory:
    """A factory of sample objects; later ones refer to earlier ones."""

    def __init__(self, random: Random, staff: Caller, password_hash: str) -> None:
        """Initialize an empty factory.

        Args:
            random: the source of all choices.
            staff: the account that records deliveries, payments and shipments.
            password_hash: the hash of the password of all customers.
        """
        self._random = random
        self._staff = staff
        self._password_hash = password_hash
        self._customers: list[Caller] = []
        self._stock: dict[str, int] = {}

    def customer(self, session: Session) -> Caller:
        """Create a customer."""
        self._customers.append(create_person(session, self._random, "customer", self._password_hash))
        return self._customers[-1]

    def product(self, session: Session) -> Product:
        """Create a product with some stock."""
        category = self._random.choice(list(THINGS))
        thing = self._random.choice(THINGS[category])
        name, price = f"{self._random.choice(LOOKS)} {thing}", self._random.randrange(250, 9000, 50)
        product = products.create(
            session,
            self._staff,
            sku=f"{thing[:3].upper()}-{new_id('t')[-8:].upper()}",
            name=name,
            description=f"{name} for the {category}.",
            category=category,
            price_amount=price,
            currency="EUR",
            stock=self._random.randrange(20, DELIVERY),
        )
        self._stock[product.id] = product.stock
        return product

    def order(self, session: Session) -> Order:
        """Create an order, and advance it through a random history."""
        buyer = self._random.choice(self._customers)
        lines = [self._line(session) for _ in range(self._random.choice((1, 1, 2, 2, 3, 4)))]
        address = self._address() if self._random.random() < 0.8 else None
        note = self._random.choice(NOTES)
        order = order_actions.place(session, buyer, lines, note=note, shipping_address=address)
        for step in self._random.choices(list(HISTORIES), list(HISTORIES.values()))[0]:
            self._advance(session, order, buyer, step)
        return order

    def _advance(self, session: Session, order: Order, buyer: Caller, step: str) -> None:
        if step == "pay":
            order_actions.pay(session, order, self._staff, f"bank-{order.id[-12:]}")
        elif step == "fulfil":
            order_actions.fulfil(session, order, self._staff, f"1Z{self._random.randrange(10**12):012}")
        elif step == "refund":
            order_actions.refund(session, order, self._staff)
        else:
            order_actions.cancel(session, order, buyer)

    def _line(self, session: Session) -> tuple[str, int]:
        """Choose a product and a quantity, after a delivery if needed.

        The choice favours the first products.
        """
        ids = list(self._stock)
        product_id = ids[int(len(ids) * self._random.random() ** 2)]
        quantity = self._random.choice((1, 1, 1, 2, 3))
        if self._stock[product_id] < quantity:
            products.adjust(session, self._staff, product_id, delta=DELIVERY, reason="delivery")
            self._stock[product_id] += DELIVERY
        self._stock[product_id] -= quantity
        return product_id, quantity

    def _address(self) -> dict[str, str]:
        city, postal_code, country = self._random.choice(CITIES)
        name = f"{self._random.choice(FIRST)} {self._random.choice(LAST)}"
        street = f"{self._random.randrange(1, 120)} {self._random.choice(STREETS)}"
        return {"name": name, "street": street, "city": city, "postal_code": postal_code, "country": country}
