"""Stock Connexion 3.3 with both validations, as documented.

The YAML names the functions.
"""

from pathlib import Path
from typing import Any

from connexion import FlaskApp
from connexion.exceptions import OAuthProblem
from sqlalchemy.orm import Session

from benchmarks.peers import store
from db.users import User


def bearer(token: str) -> dict[str, Any]:
    try:
        with Session(store.engine) as session:
            return {"sub": store.user_of(session, token).id}
    except store.Refused:
        raise OAuthProblem from None


def health() -> Any:
    return {"status": "ok"}


def get_product(product_id: str) -> Any:
    with Session(store.engine) as session:
        return store.product_json(store.product(session, product_id))


def list_products(limit: int = 20, cursor: str | None = None) -> Any:
    with Session(store.engine) as session:
        rows, following = store.page(session, limit, cursor)
        data = [store.product_json(row) for row in rows]
        return {"data": data, "has_more": following is not None, "next_cursor": following}


def create_order(body: dict[str, Any], user: str) -> Any:
    with Session(store.engine, expire_on_commit=False) as session:
        buyer = session.get_one(User, user)
        lines = [(line["product_id"], line["quantity"]) for line in body["lines"]]
        return store.order_json(store.place(session, buyer, lines)), 201


app = FlaskApp(__name__, specification_dir=Path(__file__).parent)
app.add_api("connexion.yaml", strict_validation=True, validate_responses=True)
