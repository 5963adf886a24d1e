"""All items of a paged list, fetched page by page as they are used."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
PAGE_SIZE = 100


async def iterate(
    fetch: Callable[[int, int], Awaitable[tuple[int, Sequence[T]]]], page_size: int = PAGE_SIZE
) -> AsyncIterator[T]:
    """Walk a list through ``fetch(limit, offset) -> (count, items)``.

    Ends at the count or at an empty page. Items that arrive at the front meanwhile push others back, so an item can
    come twice; none is left out unless others were removed.
    """
    offset = 0
    while True:
        count, items = await fetch(page_size, offset)
        for item in items:
            yield item
        offset += len(items)
        if not items or offset >= count:
            return
