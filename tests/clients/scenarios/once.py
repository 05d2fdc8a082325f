"""Registration, an unsafe request: retried only after a 429."""

import json
import sys

import httpx
from orderly_client import UnexpectedResponse, connect, refusals
from orderly_client.api.users import create_user
from orderly_client.models import User, UserCreate

args = json.loads(sys.argv[1])


def sign_up(proxy: str) -> User:
    """Create an account through a proxy with one kind of fault."""
    body = UserCreate(email=args["email"], password="correct horse battery staple", name="Alice")
    return create_user.sync(client=connect(args["urls"][proxy]), body=body)


for proxy, expected in (
    ("failing", UnexpectedResponse),
    ("closed", refusals.RateLimited),
    ("losing", httpx.RemoteProtocolError),
    ("limiting", refusals.EmailTaken),
):
    try:
        sign_up(proxy)
        raise AssertionError(proxy)
    except expected:
        pass
