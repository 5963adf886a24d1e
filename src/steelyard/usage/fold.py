"""The fold: events that came in are counted into sheets and moved to the log, some thousands at a time.

Reading, counting and packing happen on a reader, and hold up nobody. Then one short transaction takes the turn, moves
exactly the rows that were counted, and writes the sheets and totals: an event is in the log if and only if it is in the
sheets, whatever is killed when. Whoever else writes sheets takes the same turn; the loser starts over.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.usage import hot, quarter_marks, sheet_store
from steelyard.usage.counting import Counted, count
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import DAY_MS
from steelyard.usage.sheet_changes import Changes, changed_sheets
from steelyard.usage.sheet_store import TurnTaken
from steelyard.usage.spelling import Spelling, learn
from steelyard.usage.turns import Turns

logger = logging.getLogger(__name__)
SLICE = 3_000  # events: 17 ms of the writer, less than the recorder waits for a commit
_PAUSE_SECONDS = 1.0
_AWAY_SECONDS = 5.0


@dataclass(slots=True)
class FoldFigures:
    """What ``/metrics`` tells of this process."""

    folded: int = 0
    set_aside: int = 0  # lost their parameters or are in no sheet, since they could not be counted
    slices: int = 0
    write_seconds: float = 0.0  # of the last slice
    longest_write_seconds: float = 0.0


class _Prepared(NamedTuple):
    """What is to be written; or, before anything can be counted, what must be mended."""

    keys: Sequence[int] = ()
    counted: Counted | None = None
    changes: Changes | None = None
    unknown: Set[str] = frozenset()  # parameters that must become words
    taken: Sequence[int] = ()  # keys that events in the log have


class Fold:
    """One process's fold; those of several processes take turns."""

    def __init__(
        self, database: Database, clock: Clock, turns: Turns | None = None, *,
        size: int = SLICE, pause: float = _PAUSE_SECONDS, gives_way: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        """``turns`` are this process's, of which there is one for all who write sheets; ``size`` is how many events
        are folded at once, ``pause`` the seconds between two looks. ``gives_way``: it pauses though more wait."""
        self._turns = turns or Turns(database)
        self._clock = clock
        self.size = size
        self._pause = pause
        self._gives_way = gives_way
        self._spelling = Spelling()
        self.figures = FoldFigures()

    async def run(self) -> None:
        """Fold whatever comes in, until cancelled."""
        while True:
            try:
                goes_on = await self.fold_once() == self.size and not self._gives_way()
                pause = 0.0 if goes_on else self._pause
            except Unavailable:
                pause = _AWAY_SECONDS
            except TurnTaken:
                pause = self._pause
            except Exception:
                logger.exception("the fold will try again")
                pause = _AWAY_SECONDS
            # Never the same for two processes: they would take each other's turn again and again.
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - no secret

    async def fold_all(self) -> None:
        """Fold until nothing waits. Raises DatabaseAway."""
        while await self.fold_once():
            pass

    async def fold_once(self) -> int:
        """Fold the oldest events that wait; returns how many. Raises DatabaseAway, and TurnTaken after many tries.

        What cannot be counted is halved until one event stands alone, which is set aside.
        """
        size = self.size
        while True:
            try:
                return await self._fold(size)
            except (Unavailable, TurnTaken):
                raise
            except Exception as error:
                if size == 1:
                    return await self._set_aside(error)
                size = (size + 1) // 2

    async def _fold(self, size: int) -> int:
        done = await self._turns.change(partial(self._prepare, size=size), self._write)
        if done is None:
            return 0
        if done.counted is None:
            return await self._fold(size)
        self.figures.folded += len(done.keys)
        self.figures.slices += 1
        return len(done.keys)

    async def _set_aside(self, error: Exception) -> int:
        """Count the oldest event without its parameters; or, when it cannot be counted then either, not at all.

        Its parameters go, so that a recount of the log, or taking it out again, gives what the sheets have.
        """
        key = await self._turns.change(hot.first_key, _without_parameters)
        if key is None:
            return 0
        logger.error("an event cannot be counted, and loses its parameters", extra={"key": key}, exc_info=error)
        self.figures.set_aside += 1
        try:
            return await self._fold(1)
        except (Unavailable, TurnTaken):
            raise
        except Exception:
            logger.exception("an event cannot be counted at all", extra={"key": key})
        return 1 if await self._turns.change(hot.first_key, _move) else 0

    def _prepare(self, connection: Connection, size: int) -> _Prepared | None:
        rows = hot.oldest(connection, size)
        if not rows:
            return None
        keys = [row.id for row in rows]
        spelled, unknown = self._spelling.read(connection, rows)
        taken = hot.taken(connection, keys)
        if unknown or taken:
            return _Prepared(unknown=unknown, taken=taken)
        counted = count(rows, spelled)
        return _Prepared(keys, counted, changed_sheets(connection, counted))

    def _write(self, connection: Connection, prepared: _Prepared) -> Iterable[int]:
        if prepared.counted is None or prepared.changes is None:
            learn(connection, prepared.unknown)
            hot.give_new_keys(connection, prepared.taken)
            return ()
        began = self._clock.monotonic()
        hot.move(connection, prepared.keys)
        sheet_store.write(connection, prepared.changes)
        hot.count_totals(connection, prepared.counted.totals)
        quarter_marks.mark(connection, prepared.counted.changed_quarters, milliseconds(self._clock.now()) // DAY_MS)
        figures = self.figures
        figures.write_seconds = self._clock.monotonic() - began
        figures.longest_write_seconds = max(figures.longest_write_seconds, figures.write_seconds)
        return prepared.counted.changed_days


def _without_parameters(connection: Connection, key: int) -> Iterable[int]:
    hot.without_parameters(connection, key)
    return ()


def _move(connection: Connection, key: int) -> Iterable[int]:
    hot.move(connection, [key])
    return ()
