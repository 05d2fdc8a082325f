"""Twenty concurrent calls with an expired token, and an ended session."""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from orderly_client import refusals, resume
from orderly_client.api.me import get_me
from orderly_client.models import Tokens

args = json.loads(sys.argv[1])
threading, tasking, ended = (resume(args["url"], Tokens.from_dict(tokens)) for tokens in args["tokens"])

with ThreadPoolExecutor(20) as threads:
    people = list(threads.map(lambda _: get_me.sync(client=threading), range(20)))
assert [person.email for person in people] == [args["email"]] * 20


async def call_from_tasks() -> None:
    """Call an operation from twenty tasks."""
    people = await asyncio.gather(*(get_me.asyncio(client=tasking) for _ in range(20)))
    assert [person.email for person in people] == [args["email"]] * 20


asyncio.run(call_from_tasks())
for _ in range(2):
    try:
        get_me.sync(client=ended)
        raise AssertionError("the session has ended")
    except refusals.InvalidToken:
        pass
