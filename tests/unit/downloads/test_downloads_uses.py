"""Uses that leave no download."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry
from steelyard.db.database import Database
from steelyard.downloads import uses
from steelyard.downloads.tables import mirror_uses
from steelyard.testing.clock import HandClock
from tests.unit.downloads.mirrored import COMMIT, shelve


def again(connection: Connection, entry: int) -> Entry:
    """The entry as its row tells now."""
    found = catalog.get(connection, entry)
    assert found is not None
    return found


async def test_a_use_counts_for_the_entry_and_is_no_download(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[Entry, Entry]:
        key = shelve(connection, clock)[0].id
        uses.count(connection, 1, key, COMMIT, clock.now())
        first = again(connection, key)
        clock.forward(hours=30)
        uses.count(connection, 1, key, COMMIT, clock.now())
        return first, again(connection, key)

    first, second = await database.write(work)
    start = clock.now() - timedelta(hours=30)
    assert (first.uses, first.first_used_at, first.last_used_at) == (1, start, start)
    assert (second.uses, second.first_used_at, second.last_used_at) == (2, start, clock.now())
    assert second.download_count == 0


@pytest.mark.parametrize(("hours", "counted"), [(0, True), (23.9, True), (24, False)])
async def test_it_stands_against_a_second_one_within_a_day(
    database: Database, clock: HandClock, hours: float, counted: bool
) -> None:
    def work(connection: Connection) -> list[bool]:
        key = shelve(connection, clock)[0].id
        uses.count(connection, 1, key, COMMIT, clock.now())
        clock.forward(hours=hours)
        asked = [(1, key, COMMIT), (2, key, COMMIT), (1, key + 1, COMMIT), (1, key, "b" * 40), (1, None, None)]
        return [uses.is_counted(connection, *one, clock.now()) for one in asked]

    assert await database.write(work) == [counted, False, False, False, False]


async def test_seeing_it_again_counts_nothing(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> Entry:
        key = shelve(connection, clock)[0].id
        clock.forward(hours=1)
        uses.see(connection, key, clock.now())
        return again(connection, key)

    found = await database.write(work)
    assert (found.uses, found.first_used_at, found.last_used_at) == (0, None, clock.now())


async def test_what_stands_against_nothing_any_more_is_forgotten(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[str]:
        key = shelve(connection, clock)[0].id
        for commit in ("a" * 40, "b" * 40):
            uses.count(connection, 1, key, commit, clock.now())
            clock.forward(hours=20)
        uses.forget(connection, clock.now())
        return list(connection.execute(select(mirror_uses.c.revision)).scalars())

    assert await database.write(work) == ["b" * 40]


async def test_one_person_and_revision_is_one_row(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> int:
        key = shelve(connection, clock)[0].id
        for _ in range(3):
            uses.count(connection, 1, key, COMMIT, clock.now())
            clock.forward(hours=25)
        return connection.execute(select(func.count()).select_from(mirror_uses)).scalar_one()

    assert await database.write(work) == 1
