"""Threads, of which Connexion 3.3 takes too many or too few: nobody waits for another's query."""

import asyncio
import threading

from db import catalogue
from db.products import Product
from handlers import products
from orderly import ReadSession
from orderly.database.pagination import Page
from tests.shop.application import CONTRACT
from tests.shop.factories import make_product


class TestThreads:
    def test_slow_handlers_do_not_stop_one_another(self, serve):
        all_are_at_work = threading.Barrier(10)

        def slow_tree(*, session: ReadSession):
            all_are_at_work.wait(10)
            return {"name": "slow"}

        everything = serve({"get_newest_tree": slow_tree}, threads=10)

        async def many():
            calls = [everything.call("GET", "/v1/trees/newest") for _ in range(10)]
            return await asyncio.gather(*calls)

        assert [answer.status for answer in asyncio.run(many())] == [200] * 10

    def test_a_list_is_read_in_a_thread_though_its_handler_asks_for_no_session(self, serve, database):
        seen = []

        def serialize(row):
            seen.append(threading.current_thread())
            return products._serialize(row)

        with database.writing() as session:
            make_product(session)
            session.commit()
        listing = Page(catalogue.ALL_PRODUCTS, serialize, order=[Product.id])
        assert serve({"list_products": lambda: listing}, CONTRACT).get("/v1/products").status == 200
        assert len(seen) == 1
        assert threading.current_thread() not in seen

    def test_the_loop_answers_while_the_database_waits(self, serve, database):
        quick_ended, order = threading.Event(), []

        def slow_tree(*, session: ReadSession):
            assert quick_ended.wait(10)  # like a slow query
            return {"name": "slow"}

        everything = serve({"get_newest_tree": slow_tree}, threads=1)

        async def call(path):
            answer = await everything.call("GET", path)
            order.append((path, answer.status))
            quick_ended.set()

        async def both():
            await asyncio.gather(call("/v1/trees/newest"), call("/openapi.yaml"))

        asyncio.run(both())
        assert order == [("/openapi.yaml", 200), ("/v1/trees/newest", 200)]
