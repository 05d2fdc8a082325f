"""Iteration over all pages of a list."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from inspect import signature
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """A page of a list."""

    @property
    def data(self) -> Sequence[T_co]:
        """The items of this page."""

    @property
    def has_more(self) -> bool:
        """True if another page follows."""

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page."""


def each(fetch: Callable[P, Page[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    """Yield every item of a list; pages are fetched on demand.

    Example: `each(list_products.sync, client=client, q="mug")`.
    """
    more = True
    while more:
        page = fetch(*args, **kwargs)
        yield from page.data
        more = _advance(fetch, kwargs, page)


async def each_async(fetch: Callable[P, Awaitable[Page[T]]], *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
    """Yield every item of a list; pages are fetched on demand.

    Example: `async for product in each_async(list_products.asyncio, client=client)`.
    """
    more = True
    while more:
        page = await fetch(*args, **kwargs)
        for item in page.data:
            yield item
        more = _advance(fetch, kwargs, page)


def _advance(fetch: Callable[..., object], kwargs: Any, page: Page[Any]) -> bool:
    """Set the cursor of the next page and return whether it exists.

    A feed calls its cursor `after`.
    """
    kwargs["after" if "after" in signature(fetch).parameters else "cursor"] = page.next_cursor
    return page.has_more
