"""Blocks: one more sheet for sixteen past days of a subject, so that ranges over months read a sixteenth.

A range is right without them: days that are in no block are read one by one. Sealing keeps the blocks that there are.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, select

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.usage import sheet_store
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import DAY_MS
from steelyard.usage.packing import pack_bag
from steelyard.usage.sheet_changes import Changes
from steelyard.usage.sheet_store import Stored, TurnTaken, keyed
from steelyard.usage.sheets import BLOCK_DAYS, Bag, Level, add, period_of, sheet_key
from steelyard.usage.tables import sheets
from steelyard.usage.turns import Turns

_LOOK = 20  # subjects that are looked at between two turns
_AT_ONCE = 20  # blocks made in a turn: 320 days are read and added up in a third of a second
_PAUSE_SECONDS = 3600.0
_FEWEST = 4  # days that are worth a block
Subject = tuple[int, int]  # scope and number


class _Prepared(NamedTuple):
    """Blocks to write, and behind which subject to go on."""

    changes: Changes
    behind: Subject | None
    is_end: bool


class Blocks:
    """Makes the blocks that are missing."""

    def __init__(self, turns: Turns, clock: Clock, look: int = _LOOK, at_once: int = _AT_ONCE) -> None:
        """``look`` is how many subjects are looked at between two turns, ``at_once`` how many blocks a turn makes."""
        self._turns = turns
        self._clock = clock
        self._look = look
        self._at_once = at_once
        self.made = 0
        self.most_in_a_turn = 0

    async def run(self) -> None:
        """Make what is missing once an hour, until cancelled."""
        while True:
            await asyncio.sleep(_PAUSE_SECONDS)
            with suppress(Unavailable, TurnTaken):  # the next round goes on
                await self.make()

    async def make(self) -> None:
        """Go through all subjects once. Raises DatabaseAway."""
        today = milliseconds(self._clock.now()) // DAY_MS
        end_block = (today - 1) // BLOCK_DAYS  # yesterday's day may still be sealed
        behind: Subject | None = None
        is_end = False
        while not is_end:
            done = await self._turns.change(partial(self._prepare, behind=behind, end_block=end_block), self._write)
            behind, is_end = (None, True) if done is None else (done.behind, done.is_end)

    def _write(self, connection: Connection, prepared: _Prepared) -> Iterable[int]:
        sheet_store.write(connection, prepared.changes)
        self.made += len(prepared.changes)
        self.most_in_a_turn = max(self.most_in_a_turn, len(prepared.changes))
        return ()

    def _prepare(self, connection: Connection, behind: Subject | None, end_block: int) -> _Prepared | None:
        changes: Changes = {}
        for _ in range(self._look):
            subject = sheet_store.next_subject(connection, behind)
            if subject is None:
                return _Prepared(changes, behind, is_end=True) if changes else None
            room = self._at_once - len(changes)
            wanted = _missing(connection, subject, end_block)
            changes |= _blocks_of(connection, subject, wanted[:room])
            if len(wanted) > room:  # the rest of this subject comes next
                break
            behind = subject
        return _Prepared(changes, behind, is_end=False)


def _missing(connection: Connection, subject: Subject, end_block: int) -> list[int]:
    """The blocks of one subject that have enough days and are not there."""
    days = sheet_store.sealed_days(connection, *subject, end_block * BLOCK_DAYS)
    counted = {block: len(list(of_block)) for block, of_block in groupby(days, lambda day: day // BLOCK_DAYS)}
    wanted = {block for block, number in counted.items() if number >= _FEWEST}
    return sorted(wanted - _made(connection, subject, wanted)) if wanted else []


def _made(connection: Connection, subject: Subject, blocks: set[int]) -> set[int]:
    keys = [sheet_key(Level.BLOCK, *subject, block) for block in sorted(blocks)]
    there = select(sheets.c.key).where(keyed(connection, sheets.c.key, keys))
    return {period_of(key) for key in connection.execute(there).scalars()}


def _blocks_of(connection: Connection, subject: Subject, blocks: Iterable[int]) -> Changes:
    return {sheet_key(Level.BLOCK, *subject, block): _block(connection, subject, block) for block in blocks}


def _block(connection: Connection, subject: Subject, block: int) -> Stored:
    total: Bag = {}
    for bag in sheet_store.read_sealed(connection, *subject, block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS):
        add(total, bag)
    return Stored(None, pack_bag(total), None)
