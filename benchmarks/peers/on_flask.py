"""Plain Flask for gunicorn's gthread worker.

It has no schemas; the body is checked by hand, as is usual.
"""

import re
from typing import Any

from flask import Flask, g, request
from sqlalchemy.orm import Session

from benchmarks.peers import store

app = Flask(__name__)
PRODUCT_ID = re.compile(r"prd_[0-9a-z]{26}")


@app.errorhandler(store.Refused)
def refused(error: store.Refused) -> Any:
    return {"detail": "refused"}, error.args[0]


@app.before_request
def open_session() -> None:
    if request.path.startswith("/v1/health"):
        return
    g.session = Session(store.engine, expire_on_commit=False)
    g.user = store.user_of(g.session, request.headers.get("Authorization", ""))


@app.teardown_request
def close_session(_: BaseException | None) -> None:
    if "session" in g:
        g.session.close()


def is_order(body: Any) -> bool:
    lines = body.get("lines") if isinstance(body, dict) and not body.keys() - {"lines", "note", "metadata"} else None
    return isinstance(lines, list) and 1 <= len(lines) <= 100 and all(is_line(line) for line in lines)


def is_line(line: Any) -> bool:
    if not isinstance(line, dict) or line.keys() != {"product_id", "quantity"}:
        return False
    known = isinstance(line["product_id"], str) and PRODUCT_ID.fullmatch(line["product_id"])
    return bool(known) and isinstance(line["quantity"], int) and 1 <= line["quantity"] <= 1_000_000


@app.get("/v1/health/live")
def health() -> Any:
    return {"status": "ok"}


@app.get("/v1/products/<product_id>")
def get_product(product_id: str) -> Any:
    return store.product_json(store.product(g.session, product_id))


@app.get("/v1/products")
def list_products() -> Any:
    rows, following = store.page(g.session, request.args.get("limit", 20, type=int), request.args.get("cursor"))
    data = [store.product_json(row) for row in rows]
    return {"data": data, "has_more": following is not None, "next_cursor": following}


@app.post("/v1/orders")
def create_order() -> Any:
    body = request.get_json()
    if not is_order(body):
        return {"detail": "invalid"}, 400
    wanted = [(line["product_id"], line["quantity"]) for line in body["lines"]]
    return store.order_json(store.place(g.session, g.user, wanted)), 201
