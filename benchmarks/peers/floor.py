"""The floor of CPython: bare ASGI and raw sqlite3.

It has no framework, no check and no thread. Reads only.
"""

import os
import sqlite3
from typing import Any

import jwt
import orjson

SECRET = os.environ["ORDERLY_SECRET_KEY"]
COLUMNS = "id, sku, name, description, category, price_amount, currency, stock, version, created_at, updated_at"
connection = sqlite3.connect(os.environ["ORDERLY_DATABASE_URL"].removeprefix("sqlite:///"))


def product(row: tuple[Any, ...]) -> dict[str, Any]:
    found = dict(zip(COLUMNS.split(", "), row, strict=True))
    price = {"amount": found.pop("price_amount"), "currency": found.pop("currency")}
    times = {name: f"{found[name].replace(' ', 'T')}Z" for name in ("created_at", "updated_at")}
    return {**found, **times, "price": price}


def response(path: str) -> Any:
    if path == "/v1/health/live":
        return {"status": "ok"}
    if path == "/v1/products":
        page = f"SELECT {COLUMNS} FROM products WHERE archived_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 21"
        rows = connection.execute(page).fetchall()
        return {"data": [product(row) for row in rows[:20]], "has_more": len(rows) > 20, "next_cursor": rows[19][0]}
    one = f"SELECT {COLUMNS} FROM products WHERE id = ? AND archived_at IS NULL"
    return product(connection.execute(one, (path.rpartition("/")[2],)).fetchone())


async def app(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    token = dict(scope["headers"]).get(b"authorization", b"")[7:]
    if token:
        jwt.decode(token, SECRET, algorithms=["HS256"], audience="orderly")
    body = orjson.dumps(response(scope["path"]))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
