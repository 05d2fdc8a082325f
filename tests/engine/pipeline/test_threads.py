"""Threads: no request waits for the query of another one."""

import asyncio
import threading
from typing import Any

from sqlalchemy import select

from orderly import ReadSession
from orderly.database.pagination import Page
from tests.asgi import Response
from tests.engine.application import Thing
from tests.engine.conftest import Serve


class TestThreads:
    def test_slow_handlers_do_not_stop_one_another(self, serve: Serve) -> None:
        all_are_at_work = threading.Barrier(10)

        def slow_tree(*, session: ReadSession) -> dict[str, Any]:
            all_are_at_work.wait(10)
            return {"name": "slow"}

        everything = serve({"get_newest_tree": slow_tree}, threads=10)

        async def many() -> list[Response]:
            calls = [everything.call("GET", "/v1/trees/newest") for _ in range(10)]
            return await asyncio.gather(*calls)

        assert [answer.status for answer in asyncio.run(many())] == [200] * 10

    def test_a_list_is_read_in_a_thread(self, serve: Serve, thing: str) -> None:
        def serialize(row: Thing) -> str:
            threads.append(threading.current_thread())
            return row.name

        threads: list[threading.Thread] = []
        client = serve({"list_things": lambda: Page(select(Thing), serialize, order=[Thing.id])})

        assert client.get("/v1/things").json["data"] == ["cup"]
        assert threading.current_thread() not in threads

    def test_the_loop_serves_while_the_database_waits(self, serve: Serve) -> None:
        quick_ended, order = threading.Event(), []

        def slow_tree(*, session: ReadSession) -> dict[str, Any]:
            assert quick_ended.wait(10)  # like a slow query
            return {"name": "slow"}

        everything = serve({"get_newest_tree": slow_tree}, threads=1)

        async def call(path: str) -> None:
            answer = await everything.call("GET", path)
            order.append((path, answer.status))
            quick_ended.set()

        async def both() -> None:
            await asyncio.gather(call("/v1/trees/newest"), call("/openapi.yaml"))

        asyncio.run(both())
        assert order == [("/openapi.yaml", 200), ("/v1/trees/newest", 200)]
