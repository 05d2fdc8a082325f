"""The body of a request, with limits of size and time."""

import asyncio

from orderly.http.errors import BadRequest, BodyTooLarge
from orderly.http.messages import Receive, Request
from orderly.http.strict_json import InvalidJson, parse_json

MAX_BODY = 256 * 1024
"""Bytes of a body; 413 beyond."""
BODY_TIMEOUT = 15.0
"""Seconds a client may take to send its body; then 400."""


class ClientDisconnected(Exception):
    """A body that ended early or cannot be read. Usually the client has disconnected."""


async def read_body(request: Request, receive: Receive) -> bytes:
    """Return the whole body, however it is framed.

    Raises:
        BodyTooLarge: the body is over `MAX_BODY`; the rest is not read.
        BadRequest: the body did not arrive within `BODY_TIMEOUT`.
        ClientDisconnected: the client has disconnected.
    """
    length = request.header("content-length")
    if length is not None and length.isdecimal() and int(length[:20]) > MAX_BODY:
        raise BodyTooLarge
    chunks: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnected
                chunks.append(message.get("body", b""))
                size += len(chunks[-1])
                if size > MAX_BODY:
                    raise BodyTooLarge
                more = message.get("more_body", False)
    except TimeoutError:
        raise incomplete_body(f"did not arrive within {BODY_TIMEOUT:.0f} seconds") from None
    return b"".join(chunks)


def read_json(body: bytes) -> object:
    """Return the value of a JSON body.

    Raises:
        BadRequest: the body is not strict JSON.
    """
    try:
        return parse_json(body)
    except InvalidJson as error:
        raise _body_error("json", str(error)) from None


def incomplete_body(message: str) -> BadRequest:
    """Return the error for an incomplete body."""
    return _body_error("complete", message)


def _body_error(keyword: str, message: str) -> BadRequest:
    return BadRequest([{"in": "body", "pointer": "", "keyword": keyword, "message": message}])
