"""What is remembered, for how long, and what helps while the database is away."""

import asyncio

import pytest

from steelyard.core.threads import ended
from steelyard.db.errors import DatabaseAway
from steelyard.identity.remembered import FRESH_SECONDS, STALE_SECONDS, Remembered
from steelyard.testing.clock import HandClock, eventually

WRONG = -1


class Table:
    """A table of one column that counts how often it is read, and can be away."""

    def __init__(self, **rows: int) -> None:
        self.rows, self.reads, self.away = rows, 0, False

    async def read(self, key: str) -> int | None:
        self.reads += 1
        found = self.rows.get(key)
        await asyncio.sleep(0)
        if self.away:
            raise DatabaseAway("gone fishing")
        if found == WRONG:
            raise ValueError("no such row can be")
        return found


@pytest.fixture
def table() -> Table:
    return Table(a=1, b=2)


async def test_it_is_read_once_in_half_a_minute(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    assert [await remembered.get("a") for _ in range(3)] == [1, 1, 1]
    clock.forward(seconds=FRESH_SECONDS - 1)
    assert (await remembered.get("a"), table.reads) == (1, 1)
    table.rows["a"] = 5
    clock.forward(seconds=1)
    assert (await remembered.get("a"), table.reads) == (5, 2)


async def test_a_change_that_is_told_shows_at_once(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    await remembered.get("a")
    del table.rows["a"]
    remembered.forget()
    assert await remembered.get("a") is None
    table.away = True
    with pytest.raises(DatabaseAway):  # gone is gone
        await remembered.get("a")


async def test_a_change_while_it_is_read_is_not_missed(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    reading = asyncio.create_task(remembered.get("a"))
    await asyncio.sleep(0)  # it has the old value in its hands
    table.rows["a"] = 7
    remembered.forget()
    assert await reading == 1
    assert await remembered.get("a") == 7


async def test_what_is_not_there_is_asked_for_again(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    assert await remembered.get("c") is None
    table.rows["c"] = 3
    assert await remembered.get("c") == 3


async def test_while_the_database_is_away_known_ones_go_on_for_ten_minutes(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    await remembered.get("a")
    table.away = True
    clock.forward(seconds=STALE_SECONDS - 1)
    assert [await remembered.get("a") for _ in range(20)] == [1] * 20
    assert table.reads == 2  # it is not asked, and waited for, at each request
    with pytest.raises(DatabaseAway):
        await remembered.get("b")
    clock.forward(seconds=1)
    with pytest.raises(DatabaseAway):
        await remembered.get("a")


async def test_what_was_taken_back_does_not_return_while_the_database_is_away(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    await remembered.get("a")
    await remembered.get("b")
    remembered.forget()
    table.away = True
    with pytest.raises(DatabaseAway):
        await remembered.get("a")
    table.away = False
    assert await remembered.get("b") == 2  # read since the change: it helps again
    table.away = True
    clock.forward(seconds=FRESH_SECONDS)
    assert [await remembered.get("b") for _ in range(2)] == [2, 2]
    with pytest.raises(DatabaseAway):
        await remembered.get("a")


async def test_what_was_asked_for_lately_is_read_again_after_a_change(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    warming = asyncio.create_task(remembered.keep_warm())
    await remembered.get("b")
    clock.forward(seconds=STALE_SECONDS)
    await remembered.get("a")
    table.rows["a"] = 7
    remembered.forget()
    await eventually(lambda: table.reads == 3)
    await asyncio.sleep(0)
    table.away = True
    assert await remembered.get("a") == 7
    with pytest.raises(DatabaseAway):
        await remembered.get("b")  # nobody asked for it in ten minutes
    warming.cancel()
    await ended([warming])


async def test_what_was_taken_back_is_not_kept_warm(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    warming = asyncio.create_task(remembered.keep_warm())
    await remembered.get("a")
    del table.rows["a"]
    remembered.forget()
    await eventually(lambda: table.reads == 2)
    await asyncio.sleep(0)
    table.away = True
    with pytest.raises(DatabaseAway):
        await remembered.get("a")
    warming.cancel()
    await ended([warming])


async def test_what_could_not_be_read_again_does_not_help_later(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    await remembered.get("a")
    table.rows["a"] = WRONG
    clock.forward(seconds=FRESH_SECONDS)
    with pytest.raises(ValueError, match="no such row"):
        await remembered.get("a")
    table.away = True
    with pytest.raises(DatabaseAway):
        await remembered.get("a")


async def test_when_it_is_back_it_is_asked_again(table: Table, clock: HandClock) -> None:
    remembered = Remembered(table.read, clock)
    await remembered.get("a")
    table.away = True
    clock.forward(seconds=FRESH_SECONDS)
    assert await remembered.get("a") == 1
    table.away, table.rows["a"] = False, 9
    clock.forward(seconds=5)
    assert await remembered.get("a") == 9


async def test_the_oldest_goes_when_there_are_too_many(clock: HandClock) -> None:
    table = Table(**{name: number for number, name in enumerate("abcd")})
    remembered = Remembered(table.read, clock, size=3)
    for name in "abcd":
        await remembered.get(name)
    assert table.reads == 4
    await remembered.get("d")
    assert table.reads == 4
    await remembered.get("a")
    assert table.reads == 5
