"""All of a list, page by page."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from inspect import signature
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """What every list answers."""

    @property
    def data(self) -> Sequence[T_co]:
        """What is on this page."""

    @property
    def has_more(self) -> bool:
        """Whether there is another one."""

    @property
    def next_cursor(self) -> str | None:
        """Where it begins."""


def each(fetch: Callable[P, Page[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    """Everything in a list, fetched as it is asked for: `each(list_products.sync, client=client, q="mug")`."""
    more = True
    while more:
        page = fetch(*args, **kwargs)
        yield from page.data
        more = _go_on(fetch, kwargs, page)


async def each_async(fetch: Callable[P, Awaitable[Page[T]]], *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
    """Everything in a list: `async for product in each_async(list_products.asyncio, client=client)`."""
    more = True
    while more:
        page = await fetch(*args, **kwargs)
        for item in page.data:
            yield item
        more = _go_on(fetch, kwargs, page)


def _go_on(fetch: Callable[..., object], kwargs: Any, page: Page[Any]) -> bool:
    """Ask for what comes next, and say whether there is any; a feed calls its cursor `after`."""
    kwargs["after" if "after" in signature(fetch).parameters else "cursor"] = page.next_cursor
    return page.has_more
