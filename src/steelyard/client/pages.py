# Written by `make sdk` from client/aio/pages.py: edit that.
"""All items of a paged list, fetched page by page as they are used."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
PAGE_SIZE = 100


def iterate(fetch: Callable[[int, int], tuple[int, Sequence[T]]], page_size: int = PAGE_SIZE) -> Iterator[T]:
    """Walk a list through ``fetch(limit, offset) -> (count, items)``.

    Ends at the count or at an empty page. Items that arrive at the front meanwhile push others back, so an item can
    come twice; none is left out unless others were removed.
    """
    offset = 0
    while True:
        count, items = fetch(page_size, offset)
        yield from items
        offset += len(items)
        if not items or offset >= count:
            return
