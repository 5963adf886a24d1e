"""Whole answers, as bytes: who asks again for what did not change gets what was written before.

An answer is made of the log, of which the range has a mark, and of the depot's records: what models and people are
called, who may see them, how large they are. These have one version for all of them; so nothing is ever told to
somebody who may not see it any more. Where nobody can tell the version of the records, on PostgreSQL, only numbers are
remembered, below this, and answers are written each time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeVar

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.db.version import Version
from steelyard.http.plain import to_bytes
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import QUARTER_MS
from steelyard.usage.statistics.cache import Cache
from steelyard.usage.statistics.marks import read_mark
from steelyard.usage.statistics.ranges import Range

T = TypeVar("T")
Parts = tuple[bytes, ...]  # JSON objects, each by itself
HEAVIEST = 32 * 1024 * 1024  # bytes
_MOST = 4096


def weight_of(parts: Parts) -> int:
    """The bytes of all parts."""
    return sum(map(len, parts))


class Answers:
    """Remembers answers while they are true, for a while, and not too many of them."""

    def __init__(
        self, usage_log: Database, version: Version, clock: Clock, seconds: float, is_behind: Callable[[], bool], *,
        heaviest: int = HEAVIEST,
    ) -> None:  # fmt: skip
        """``version`` is of the depot's records. Answers are forgotten after so many ``seconds``, and the ones used
        least lately when all together have more than ``heaviest`` bytes. ``is_behind`` tells whether statistics left
        out what waits when they were read last; what they say then is not remembered."""
        self._usage_log = usage_log
        self._version = version
        self._clock = clock
        self._is_behind = is_behind
        self._records: Cache[Any] = Cache(clock, seconds)
        self.cache: Cache[Parts] = Cache(clock, seconds, _MOST, weigh=weight_of, heaviest=heaviest)

    async def of(
        self, key: Hashable, read: Callable[[], Awaitable[T]], show: Callable[[T], Sequence[dict[str, Any]]],
        wanted: Range | None = None,
    ) -> Parts:  # fmt: skip
        """The answer to what ``key`` means, who asks included: what ``show`` makes of what ``read`` finds.

        ``wanted`` is the range of the log that is read; it is part of the key. None where only the depot's records are,
        and what the present quarter of an hour cannot change. ``show`` must be pure: it runs in a thread, as long
        answers take some milliseconds to write. Raises what ``read`` raises.
        """
        mark = await self._mark(wanted)
        found = None if mark is None else self.cache.get((key, wanted), mark)
        if found is not None:
            return found
        value = await read()
        parts = await asyncio.to_thread(lambda: tuple(to_bytes(part) for part in show(value)))
        if mark is not None and not self._is_behind():
            self.cache.keep((key, wanted), mark, parts)
        return parts

    async def records(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What ``read`` finds in the depot's records, and nowhere else; remembered as answers are."""
        version = self._version.now()
        if version is None:
            return await read()
        found: T | None = self._records.get(key, version)
        if found is None:
            found = await read()
            self._records.keep(key, version, found)
        return found

    async def _mark(self, wanted: Range | None) -> Hashable | None:
        """What must be the same for an answer to be true; None when none may be remembered."""
        version, now_ms = self._version.now(), milliseconds(self._clock.now())
        if version is None:
            return None
        if wanted is None:
            return version, now_ms // QUARTER_MS
        if self._is_behind():
            return None  # until somebody has read again, and found it otherwise
        mark = await self._usage_log.read(lambda connection: read_mark(connection, wanted, now_ms))
        return None if mark is None else (version, mark)


def joined(*objects: bytes) -> bytes:
    """Several JSON objects as one. No name may be in two of them."""
    inner = [one[1:-1] for one in objects]
    return b"{" + b",".join(one for one in inner if one) + b"}"
