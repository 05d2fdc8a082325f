"""The threads and the queue before them: what would wait too long is refused, and never done."""

import asyncio
from threading import Event

import pytest

from orderly.errors import Unavailable
from orderly.pipeline.thread_pool import WorkerPool


@pytest.fixture
def busy():
    """Workers whose only thread is busy until the event is set."""
    workers, event = WorkerPool(1, queue=2), Event()
    yield workers, event
    event.set()
    workers.close()


async def take_the_thread(workers, event):
    begun = Event()
    task = asyncio.create_task(workers.run(lambda: begun.set() or event.wait()))
    await asyncio.to_thread(begun.wait)
    return task


def test_what_waits_too_long_is_refused_and_not_done(busy, monkeypatch):
    workers, event = busy
    monkeypatch.setattr("orderly.pipeline.thread_pool.QUEUE_TIMEOUT", 0.01)
    done = []

    async def scene():
        first = await take_the_thread(workers, event)
        with pytest.raises(Unavailable):
            await workers.run(done.append, "late")
        event.set()
        await first
        await workers.run(done.append, "in time")

    asyncio.run(scene())
    assert done == ["in time"]


def test_with_the_queue_full_it_is_refused_at_once(busy):
    workers, event = busy

    async def scene():
        tasks = await two_wait_and_a_third_may_not(workers, event)
        event.set()
        await asyncio.gather(*tasks)

    asyncio.run(scene())


def test_while_the_line_is_slow_no_more_than_a_crowd_may_wait(monkeypatch):
    monkeypatch.setattr("orderly.pipeline.thread_pool.BURST_QUEUE", 2)
    monkeypatch.setattr("orderly.pipeline.thread_pool.FAST_WAIT", 0.0)
    workers, event = WorkerPool(1, queue=10), Event()

    async def scene():
        tasks = await two_wait_and_a_third_may_not(workers, event)
        monkeypatch.setattr("orderly.pipeline.thread_pool.FAST_WAIT", 60.0)
        tasks.append(asyncio.create_task(workers.run(event.wait)))
        await asyncio.sleep(0)
        event.set()
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(scene())) == 4
    workers.close()


def test_a_thread_that_never_ends_keeps_its_client_waiting_no_longer(busy, monkeypatch):
    workers, event = busy
    monkeypatch.setattr("orderly.pipeline.thread_pool.REQUEST_DEADLINE", 0.01)
    with pytest.raises(Unavailable):
        asyncio.run(workers.run(event.wait))


def test_after_the_end_everything_is_refused():
    workers = WorkerPool(1)
    workers.close()
    with pytest.raises(Unavailable):
        asyncio.run(workers.run(print))


async def two_wait_and_a_third_may_not(workers, event):
    """Those who are served when the event comes."""
    tasks = [await take_the_thread(workers, event)]
    tasks += [asyncio.create_task(workers.run(event.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await workers.run(event.wait)
    return tasks
