"""Turns at the sheets."""

import asyncio
import time
from concurrent.futures import Future

import pytest
from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.usage import day_marks, sheet_store
from steelyard.usage.sheet_store import TurnTaken
from steelyard.usage.turns import Turns


def _nothing(_connection: Connection) -> bool:
    return True


async def test_who_had_nothing_to_write_takes_no_turn(usage_log: Database) -> None:
    def write(_connection: Connection, _prepared: int) -> list[int]:
        raise AssertionError("there was nothing")

    before = await usage_log.read(sheet_store.turn)
    assert await Turns(usage_log).change(lambda _: None, write) is None
    assert await usage_log.read(sheet_store.turn) == before


async def test_days_that_change_are_marked(usage_log: Database) -> None:
    assert await Turns(usage_log).change(_nothing, lambda *_: [20_000, 20_001, 20_000])
    assert await usage_log.read(lambda one: day_marks.changes(one, 20_000, 20_002)) == 2


async def test_the_slower_one_prepares_again(usage_log: Database) -> None:
    """Another process takes a turn while this one computes."""
    one, other = Turns(usage_log), Turns(usage_log)
    prepared: list[int] = []
    loop = asyncio.get_running_loop()

    def prepare(connection: Connection) -> int:
        prepared.append(sheet_store.turn(connection))
        if len(prepared) == 1:
            asyncio.run_coroutine_threadsafe(other.change(_nothing, lambda *_: []), loop).result()
        return len(prepared)

    assert await one.change(prepare, lambda *_: []) == 2
    assert (one.collisions, other.collisions) == (1, 0)
    assert prepared[1] == prepared[0] + 1


async def test_who_always_comes_late_is_told(usage_log: Database) -> None:
    def write(_connection: Connection, _prepared: bool) -> list[int]:
        raise TurnTaken

    turns = Turns(usage_log, tries=3)
    with pytest.raises(TurnTaken):
        await turns.change(_nothing, write)
    assert turns.collisions == 3


async def test_turns_of_one_process_wait_for_each_other(usage_log: Database) -> None:
    turns = Turns(usage_log)
    await asyncio.gather(*(turns.change(_nothing, lambda *_: []) for _ in range(10)))
    assert turns.collisions == 0


async def test_who_computes_long_gets_on_beside_one_who_is_quick(usage_log: Database) -> None:
    """The other takes a turn during each preparation, as a fold beside a recount does, until it has to wait."""
    one, other = Turns(usage_log, patience=2), Turns(usage_log, tries=1)
    loop = asyncio.get_running_loop()
    asked: list[Future[bool | None]] = []

    def prepare(connection: Connection) -> bool:
        asked.append(asyncio.run_coroutine_threadsafe(other.change(_nothing, lambda *_: []), loop))
        while not asked[-1].done() and not other.collisions:
            time.sleep(0.001)
        return True

    assert await one.change(prepare, lambda *_: [])
    assert (one.collisions, len(asked)) == (2, 3)
    assert await asyncio.wrap_future(asked[-1])  # though one try is all it has: to wait is none


async def test_who_gave_up_lets_others_in(usage_log: Database) -> None:
    def write(_connection: Connection, _prepared: bool) -> list[int]:
        raise TurnTaken

    with pytest.raises(TurnTaken):
        await Turns(usage_log, tries=3, patience=1).change(_nothing, write)
    assert await Turns(usage_log, tries=1).change(_nothing, lambda *_: [])
