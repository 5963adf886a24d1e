"""Takes in what other services report; a batch is on disk when its answer goes.

Bodies wait in a room of so many bytes, packed as they came, and four batches at a time are unpacked and read.

Batches are written past the recorder: an event and what makes it count once must be in one transaction, and their
reporters keep them until they hear that they are safe. Slices are short, so that others write in between.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.exc import IntegrityError

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.http.byteroom import ByteRoom
from steelyard.identity.principal import Caller
from steelyard.usage.events import milliseconds
from steelyard.usage.intake import store
from steelyard.usage.intake.checking import AHEAD_MS, Checker, Names, Rejected, Window, names_in
from steelyard.usage.intake.limits import IntakeLimits
from steelyard.usage.intake.lookup import Lookup
from steelyard.usage.intake.parameters import ParameterReader
from steelyard.usage.intake.portions import Numbers, Portion, portions_of, words_of
from steelyard.usage.intake.reported import Batch, Read
from steelyard.usage.intake.store import Terms
from steelyard.usage.keys import EventKeys
from steelyard.usage.rush import Rush
from steelyard.usage.words import Dictionary, Word

_TRIES = 3
_MANY = 1_000  # events in a batch whose reporter waits for room, more or less
_AT_ONCE = 4  # batches: each may be 16 MiB, and its events take several times as much
_PATIENCE_SECONDS = 30.0  # until there is room
_RETRY_SECONDS = 5.0
_HELD_BYTES = 64 * 1024 * 1024  # of bodies that come in or wait for their turn


class IntakeFull(Unavailable):
    """So many batches come in that there was no room for one more."""

    slug = "intake-full"
    title = "Too many events come in"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: new events, those that came before, and those that are not taken."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)


class Intake:
    """The way in for events of others."""

    def __init__(
        self, database: Database, lookup: Lookup, clock: Clock, limits: IntakeLimits, rush: Rush | None = None
    ) -> None:
        """``rush`` is told when a large batch is taken in."""
        self._database = database
        self._lookup = lookup
        self._clock = clock
        self._limits = limits
        self._dictionary = Dictionary()
        self._keys = EventKeys()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._rush = rush or Rush(clock)
        self.bodies = ByteRoom(_HELD_BYTES)
        self._parameters = ParameterReader(stores_prompts=limits.stores_prompts)
        self.outcomes = {"accepted": 0, "duplicate": 0, "rejected": 0}  # events, since this process started

    @asynccontextmanager
    async def room(self, size: int, patience: float = _PATIENCE_SECONDS) -> AsyncIterator[None]:
        """Room for a body of so many bytes; waits for it so many seconds at most. Raises IntakeFull."""
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(patience):
                    await held.enter_async_context(self.bodies.hold(size))
            except TimeoutError as error:
                raise IntakeFull(
                    "There was no room for these events in time.", hint="Send the same again; each counts once.",
                    retry_after=_RETRY_SECONDS,
                ) from error  # fmt: skip
            yield

    async def take(self, lines: Sequence[Read], caller: Caller, *, has_nul: bool = True) -> Receipt:
        """Take in the lines of a batch; what is accepted is on disk.

        ``has_nul``: a NUL may be spelled in one of them. Raises DatabaseAway: then it is to be sent again.
        """
        _, receipt = await self.take_in(lambda: Batch(lines, has_nul=has_nul), caller)
        return receipt

    async def take_in(self, read: Callable[[], Batch], caller: Caller) -> tuple[Batch, Receipt]:
        """The same of a batch that has to be read first: in a thread, and when its turn has come.

        Raises whatever ``read`` does.
        """
        async with self._turns:
            batch, names = await asyncio.to_thread(_read, read)
            with self._rush.during() if len(batch.lines) >= _MANY else nullcontext():
                return batch, await self._take(batch, names, caller)

    async def _take(self, batch: Batch, names: Names, caller: Caller) -> Receipt:
        known = await self._lookup.known(names, caller)
        now_ms = milliseconds(self._clock.now())
        window = Window(now_ms - self._limits.oldest_ms, now_ms + AHEAD_MS)
        checker = Checker(known, window, self._parameters, has_nul=batch.has_nul)
        taken, rejected = await asyncio.to_thread(checker.check, batch.lines)
        numbers = await self._learn(words_of(taken))
        portions = await asyncio.to_thread(portions_of, taken, numbers, self._keys)
        terms = Terms(now_ms + self._limits.unfinished_ms, now_ms + self._limits.ended_ms)
        accepted = sum([await self._write(portion, caller.doer.id, terms) for portion in portions])
        self._count(receipt := Receipt(accepted, len(taken.at_ms) - accepted, rejected))
        return receipt

    async def _learn(self, words: set[Word]) -> Numbers:
        """The numbers of all words of a batch. New ones are written before it: its portions can then be made ready
        outside of their transactions, and a word that nothing uses in the end goes again."""
        known = self._dictionary.known
        if words <= known.keys():
            return known
        numbers = await self._database.write(lambda connection: self._dictionary.learn(connection, words))
        self._dictionary.keep(numbers)
        return numbers

    def _count(self, receipt: Receipt) -> None:
        self.outcomes["accepted"] += receipt.accepted
        self.outcomes["duplicate"] += receipt.duplicates
        self.outcomes["rejected"] += len(receipt.rejected)

    async def _write(self, portion: Portion, reporter: int, terms: Terms) -> int:
        for attempt in range(1, _TRIES + 1):
            try:
                return await self._database.write(partial(store.write, portion=portion, reporter=reporter, terms=terms))
            except IntegrityError:  # another writer took one of the keys: others will be free
                if attempt == _TRIES:
                    raise
                portion = portion.with_keys(self._keys)
        raise AssertionError("unreachable")


def _read(read: Callable[[], Batch]) -> tuple[Batch, Names]:
    batch = read()
    return batch, names_in(batch.lines)
