"""The worker threads and the limits of their queue."""

import asyncio
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from orderly.errors import Unavailable
from orderly.pipeline.thread_pool import WorkerPool


@pytest.fixture
def busy() -> Iterator[tuple[WorkerPool, Event]]:
    """A pool whose only thread is busy until the event is set."""
    workers, event = WorkerPool(1, queue=2), Event()
    yield workers, event
    event.set()
    workers.close()


async def occupy_thread(workers: WorkerPool, event: Event) -> asyncio.Task[Any]:
    begun = Event()

    def occupy() -> None:
        begun.set()
        event.wait()

    task = asyncio.create_task(workers.run(occupy))
    await asyncio.to_thread(begun.wait)
    return task


def test_a_call_that_waits_too_long_is_not_run(busy: tuple[WorkerPool, Event], monkeypatch: pytest.MonkeyPatch) -> None:
    workers, event = busy
    monkeypatch.setattr("orderly.pipeline.thread_pool.QUEUE_TIMEOUT", 0.01)
    done: list[str] = []

    async def scene() -> None:
        first = await occupy_thread(workers, event)
        with pytest.raises(Unavailable):
            await workers.run(done.append, "late")
        event.set()
        await first
        await workers.run(done.append, "in time")

    asyncio.run(scene())
    assert done == ["in time"]


def test_a_full_queue_rejects_at_once(busy: tuple[WorkerPool, Event]) -> None:
    workers, event = busy

    async def scene() -> None:
        tasks = await fill_queue(workers, event)
        event.set()
        await asyncio.gather(*tasks)

    asyncio.run(scene())


def test_a_slow_queue_is_no_longer_than_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orderly.pipeline.thread_pool.BURST_QUEUE", 2)
    monkeypatch.setattr("orderly.pipeline.thread_pool.FAST_WAIT", 0.0)
    workers, event = WorkerPool(1, queue=10), Event()

    async def scene() -> list[Any]:
        tasks = await fill_queue(workers, event)
        monkeypatch.setattr("orderly.pipeline.thread_pool.FAST_WAIT", 60.0)
        tasks.append(asyncio.create_task(workers.run(event.wait)))
        await asyncio.sleep(0)
        event.set()
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(scene())) == 4
    workers.close()


def test_a_call_beyond_its_deadline_is_unavailable(
    busy: tuple[WorkerPool, Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    workers, event = busy
    monkeypatch.setattr("orderly.pipeline.thread_pool.REQUEST_DEADLINE", 0.01)
    with pytest.raises(Unavailable):
        asyncio.run(workers.run(event.wait))


def test_a_closed_pool_rejects() -> None:
    workers = WorkerPool(1)
    workers.close()
    with pytest.raises(Unavailable):
        asyncio.run(workers.run(print))


async def fill_queue(workers: WorkerPool, event: Event) -> list[asyncio.Task[Any]]:
    """Fill the queue, and return the tasks that end with the event."""
    tasks = [await occupy_thread(workers, event)]
    tasks += [asyncio.create_task(workers.run(event.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await workers.run(event.wait)
    return tasks
