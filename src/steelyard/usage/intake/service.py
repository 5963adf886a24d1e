"""Takes in what other services report; a batch is on disk when its answer goes.

Batches are written past the recorder: an event and what makes it count once must be in one transaction, and their
reporters keep them until they hear that they are safe. Slices are short, so that others write in between.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.identity.principal import Caller
from steelyard.usage.events import milliseconds
from steelyard.usage.intake import store
from steelyard.usage.intake.checking import AHEAD_MS, Checker, Rejected, Window, events_of
from steelyard.usage.intake.limits import IntakeLimits
from steelyard.usage.intake.lookup import Lookup
from steelyard.usage.intake.parameters import ParameterReader
from steelyard.usage.intake.portions import Portion, portions_of
from steelyard.usage.intake.reported import Read
from steelyard.usage.intake.store import Terms
from steelyard.usage.keys import EventKeys
from steelyard.usage.words import Dictionary

_TRIES = 3
_AT_ONCE = 4  # batches: each may be 16 MiB


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: new events, those that came before, and those that are not taken."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)


class Intake:
    """The way in for events of others."""

    def __init__(self, database: Database, lookup: Lookup, clock: Clock, limits: IntakeLimits) -> None:
        self._database = database
        self._lookup = lookup
        self._clock = clock
        self._limits = limits
        self._dictionary = Dictionary()
        self._keys = EventKeys()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._parameters = ParameterReader(stores_prompts=limits.stores_prompts)
        self.outcomes = {"accepted": 0, "duplicate": 0, "rejected": 0}  # events, since this process started

    async def take(self, lines: Sequence[Read], caller: Caller, *, has_nul: bool = True) -> Receipt:
        """Take in the lines of a batch; what is accepted is on disk.

        ``has_nul``: a NUL may be spelled in one of them. Raises DatabaseAway: then it is to be sent again.
        """
        async with self._room:
            return await self._take(lines, caller, has_nul=has_nul)

    async def _take(self, lines: Sequence[Read], caller: Caller, *, has_nul: bool) -> Receipt:
        known = await self._lookup.known(events_of(lines), caller)
        now_ms = milliseconds(self._clock.now())
        window = Window(now_ms - self._limits.oldest_ms, now_ms + AHEAD_MS)
        checker = Checker(known, window, self._parameters, has_nul=has_nul)
        taken, rejected = await asyncio.to_thread(checker.check, lines)
        portions = await asyncio.to_thread(portions_of, taken, self._dictionary.known, self._keys)
        terms = Terms(now_ms + self._limits.unfinished_ms, now_ms + self._limits.ended_ms)
        accepted = sum([await self._write(portion, caller.doer.id, terms) for portion in portions])
        self._count(receipt := Receipt(accepted, len(taken) - accepted, rejected))
        return receipt

    def _count(self, receipt: Receipt) -> None:
        self.outcomes["accepted"] += receipt.accepted
        self.outcomes["duplicate"] += receipt.duplicates
        self.outcomes["rejected"] += len(receipt.rejected)

    async def _write(self, portion: Portion, reporter: int, terms: Terms) -> int:
        for attempt in range(1, _TRIES + 1):
            try:
                written = await self._database.write(
                    lambda connection: store.write(connection, portion, reporter, self._dictionary, self._keys, terms)
                )
            except IntegrityError:  # another writer took one of the keys: others will be free
                if attempt == _TRIES:
                    raise
                portion.rows = None
            else:
                self._dictionary.keep(written.known)
                return written.events
        raise AssertionError("unreachable")
