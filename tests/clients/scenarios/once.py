"""Signing up, which must not be sent twice unless it was surely not begun, over lines with one fault each."""

import json
import sys

import httpx
from orderly_client import UnexpectedAnswer, connect, refusals
from orderly_client.api.users import create_user
from orderly_client.models import User, UserCreate

given = json.loads(sys.argv[1])


def sign_up(line: str) -> User:
    """One account."""
    body = UserCreate(email=given["email"], password="correct horse battery staple", name="Alice")
    return create_user.sync(client=connect(given["urls"][line]), body=body)


for line, expected in (
    ("failing", UnexpectedAnswer),
    ("closed", refusals.RateLimited),
    ("losing", httpx.RemoteProtocolError),
    ("limiting", refusals.EmailTaken),
):
    try:
        sign_up(line)
        raise AssertionError(line)
    except expected:
        pass
