"""Long lists read in slices, newest first: each slice goes on behind the last row seen, not behind a count of rows.

An offset reads again all that it leaves out, and shows a row twice when a new one arrives in between.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Column, Select, or_

T = TypeVar("T")
SLICE = 500  # rows: an export of 20,000 events holds 1.4 MB at its peak, one of 1,000 no less


class Mark(NamedTuple):
    """Where a slice ended: the moment (as its column keeps it) and the key of its last row."""

    moment: Any
    key: int


def going_on(
    statement: Select[Any], moment: Column[Any], key: Column[int], mark: Mark | None, offset: int
) -> Select[Any]:
    """The rows that follow ``mark``, newest first; all without the first ``offset`` when there is none yet.

    An index that begins with the moment can be used.
    """
    if mark is None:
        return statement.offset(offset)
    return statement.where(moment <= mark.moment, or_(moment < mark.moment, key < mark.key))


async def slices(
    read: Callable[[Mark | None, int], Awaitable[Sequence[T]]],
    mark_of: Callable[[T], Mark],
    limit: int | None = None,
    size: int = SLICE,
) -> AsyncIterator[Sequence[T]]:
    """All rows in slices of ``size``, at most ``limit`` rows. ``read`` gets the mark to go on from and how many."""
    mark, left = None, limit
    while left is None or left > 0:
        wanted = size if left is None else min(size, left)
        found = await read(mark, wanted)
        if found:
            yield found
            mark = mark_of(found[-1])
        if len(found) < wanted:
            return
        left = None if left is None else left - wanted
