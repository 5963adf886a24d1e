"""Blocks: one more sheet for sixteen past days of a subject, so that ranges over months read a sixteenth.

A range is right without them: days that are in no block are read one by one. Sealing keeps the blocks that there are.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.usage import sheet_store
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import DAY_MS
from steelyard.usage.packing import pack_bag
from steelyard.usage.sheet_changes import Changes
from steelyard.usage.sheet_store import Stored, TurnTaken
from steelyard.usage.sheets import BLOCK_DAYS, Bag, Level, add, sheet_key
from steelyard.usage.turns import Turns

_AT_ONCE = 20  # subjects: their blocks are written in some milliseconds
_PAUSE_SECONDS = 3600.0
_FEWEST = 4  # days that are worth a block
Subject = tuple[int, int]  # scope and number


class _Prepared(NamedTuple):
    behind: Subject
    changes: Changes


class Blocks:
    """Makes the blocks that are missing."""

    def __init__(self, turns: Turns, clock: Clock) -> None:
        self._turns = turns
        self._clock = clock
        self.made = 0

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
        while (done := await self._make_some(behind, end_block)) is not None:
            behind = done.behind

    async def _make_some(self, behind: Subject | None, end_block: int) -> _Prepared | None:
        return await self._turns.change(lambda connection: _prepare(connection, behind, end_block), self._write)

    def _write(self, connection: Connection, prepared: _Prepared) -> Iterable[int]:
        sheet_store.write(connection, prepared.changes)
        self.made += len(prepared.changes)
        return ()


def _prepare(connection: Connection, behind: Subject | None, end_block: int) -> _Prepared | None:
    changes: Changes = {}
    subject = behind
    for _ in range(_AT_ONCE):
        following = sheet_store.next_subject(connection, subject)
        if following is None:
            break
        subject = following
        changes |= _blocks_of(connection, subject, end_block)
    return None if subject is None or subject == behind else _Prepared(subject, changes)


def _blocks_of(connection: Connection, subject: Subject, end_block: int) -> Changes:
    """The blocks of one subject that have enough days and are not there."""
    days = sheet_store.sealed_days(connection, *subject, end_block * BLOCK_DAYS)
    counted = {block: len(list(of_block)) for block, of_block in groupby(days, lambda day: day // BLOCK_DAYS)}
    wanted = {block for block, number in counted.items() if number >= _FEWEST}
    if not wanted:
        return {}
    wanted -= sheet_store.read_blocks(connection, *subject, min(wanted), max(wanted) + 1).keys()
    return {sheet_key(Level.BLOCK, *subject, block): _block(connection, subject, block) for block in sorted(wanted)}


def _block(connection: Connection, subject: Subject, block: int) -> Stored:
    total: Bag = {}
    for bag in sheet_store.read_sealed(connection, *subject, block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS):
        add(total, bag)
    return Stored(None, pack_bag(total), None)
