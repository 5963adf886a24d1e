"""What is kept of addresses."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.identity.privacy import AddressMask, AddressMode, hashed, is_recordable, parse_address, truncated
from steelyard.identity.salts import salts
from steelyard.testing.clock import HandClock

T = TypeVar("T")
V4, V6 = "100.64.3.7", "2001:db8:7:1::42"
NO_ADDRESSES = [
    "unknown",
    "testclient",
    "",
    "hidden",
    "100.64.3.0/24",
    "2001:db8:7::/48",
    "h~0123456789abcdef",
    "1.2.3",
]


class Counted(Database):
    """A database whose writes are counted."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner
        self.writes = 0
        self.away = False

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Count and pass on."""
        self.writes += 1
        if self.away:
            raise DatabaseAway("gone fishing")
        return await self._inner.write(work)


@pytest.fixture
def counted(database: Database) -> Counted:
    return Counted(database)


@pytest.mark.parametrize(
    ("mode", "v4", "v6"),
    [("full", V4, V6), ("truncate", "100.64.3.0/24", "2001:db8:7::/48"), ("off", "hidden", "hidden")],
)
async def test_modes_without_a_key(counted: Counted, clock: HandClock, mode: AddressMode, v4: str, v6: str) -> None:
    mask = AddressMask(mode, counted, clock)
    assert [await mask.mask(address) for address in (V4, V6, f"::ffff:{V4}", f"{V6}%eth0")] == [v4, v6, v4, v6]
    assert await mask.mask("2001:DB8:7:1:0:0:0:42") == v6
    assert counted.writes == 0


@pytest.mark.parametrize("mode", ["full", "truncate", "hash"])
@pytest.mark.parametrize("text", NO_ADDRESSES)
async def test_what_is_no_address_stays(counted: Counted, clock: HandClock, mode: AddressMode, text: str) -> None:
    mask = AddressMask(mode, counted, clock)
    assert await mask.mask(text) == await mask.wanted(text) == text
    assert counted.writes == 0


async def test_off_says_nothing_about_anybody(counted: Counted, clock: HandClock) -> None:
    mask = AddressMask("off", counted, clock)
    assert {await mask.mask(text) for text in (V4, V6, "unknown", "printer.local")} == {"hidden"}


async def test_off_finds_what_was_kept_before_and_not_everybody(counted: Counted, clock: HandClock) -> None:
    mask = AddressMask("off", counted, clock)
    assert await mask.wanted(f"::ffff:{V4}") == V4
    assert await mask.wanted("hidden") == "hidden"


async def test_a_hash_is_the_same_for_a_day_and_another_one_the_next(counted: Counted, clock: HandClock) -> None:
    mask = AddressMask("hash", counted, clock)
    first = await mask.mask(V4)
    assert first.startswith("h~")
    assert len(first) == 18
    clock.forward(hours=11)
    assert await mask.mask(f"::ffff:{V4}") == await mask.wanted(V4) == first
    assert await mask.mask("100.64.3.8") != first
    clock.forward(hours=1)
    assert await mask.mask(V4) != first


async def test_the_database_is_asked_once_a_day(counted: Counted, clock: HandClock) -> None:
    mask = AddressMask("hash", counted, clock)
    for _ in range(5):
        await mask.mask(V4)
    assert counted.writes == 1
    clock.forward(days=1)
    await mask.mask(V4)
    await mask.mask(V6)
    assert counted.writes == 2


async def test_at_midnight_without_a_database_the_old_key_goes_on(counted: Counted, clock: HandClock) -> None:
    mask = AddressMask("hash", counted, clock)
    first = await mask.mask(V4)
    clock.forward(days=1)
    counted.away = True
    assert await mask.mask(V4) == first
    counted.away = False
    assert await mask.mask(V4) != first


async def test_without_any_key_nobody_is_masked(counted: Counted, clock: HandClock) -> None:
    counted.away = True
    with pytest.raises(DatabaseAway):
        await AddressMask("hash", counted, clock).mask(V4)


async def test_the_servers_of_a_depot_agree(database: Database, clock: HandClock) -> None:
    one, other = (AddressMask("hash", database, clock) for _ in range(2))
    assert await one.mask(V4) == await other.mask(V4)


async def test_two_depots_do_not(database: Database, clock: HandClock) -> None:
    first = await AddressMask("hash", database, clock).mask(V4)

    def another(connection: Connection) -> None:
        connection.execute(salts.delete())

    await database.write(another)
    assert await AddressMask("hash", database, clock).mask(V4) != first


async def test_keys_are_destroyed_a_day_after_their_own(database: Database, clock: HandClock) -> None:
    mask = AddressMask("hash", database, clock)
    kept: list[list[date]] = []
    for _ in range(3):
        await mask.mask(V4)
        kept.append(await database.read(_days))
        clock.forward(days=1)
    assert [[day.day for day in days] for days in kept] == [[1], [1, 2], [2, 3]]


async def test_a_key_cannot_be_guessed(database: Database, clock: HandClock) -> None:
    await AddressMask("hash", database, clock).mask(V4)
    [salt] = await database.read(lambda connection: connection.execute(select(salts.c.salt)).scalars().all())
    assert len(bytes.fromhex(salt)) == 32


@given(st.ip_addresses())
def test_no_address_shines_through(address: object) -> None:
    found = parse_address(str(address))
    assert found is not None
    network, _, bits = truncated(found).partition("/")
    assert parse_address(network) is not None
    assert int(bits) == (24 if found.version == 4 else 48)
    assert hashed(found, b"one") != hashed(found, b"other")
    assert parse_address(hashed(found, b"one")) is None


def _days(connection: Connection) -> list[date]:
    return sorted(connection.execute(select(salts.c.day)).scalars())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (V4, True), (V6, True), ("::ffff:100.64.3.7", True), ("hidden", True), ("unknown", True),
        ("100.64.3.0/24", True), ("2001:db8:7::/48", True), ("h~0123456789abcdef", True),
        ("", False), ("nobody", False), ("100.64.3.7.8", False), ("1.2.3", False), ("100.64.3.7/24", False),
    ],
)  # fmt: skip
def test_what_records_may_have_as_an_address(text: str, expected: bool) -> None:
    assert is_recordable(text) is expected
