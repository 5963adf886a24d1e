"""Which ended requests count as a use."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from steelyard.catalog import store as catalog
from steelyard.catalog.models import EntryName
from steelyard.core.ref import Kind, Reference
from steelyard.db.database import Database
from steelyard.downloads import counting, store, uses
from steelyard.downloads.models import Ask, DownloadRequest, RequestStatus
from steelyard.testing.clock import HandClock
from tests.unit.downloads.mirrored import caller

REVISION = "a" * 40


def insert(connection: Connection, clock: HandClock, number: int = 1, entry: int = 7) -> DownloadRequest:
    """Somebody's request as it stands after a second."""
    asked = Ask(Reference("org/name"), caller(f"person {number}", number))
    task_id = store.insert(
        connection, asked, "org/name", RequestStatus.PENDING, clock.now(), source="huggingface", entry=entry
    )
    clock.forward(seconds=1)
    return store.require(connection, task_id)


@pytest.mark.parametrize(("hours", "counts"), [(0, False), (23, False), (25, True)])
async def test_a_use_is_counted_once_in_24_hours(
    database: Database, clock: HandClock, hours: int, counts: bool
) -> None:
    def work(connection: Connection) -> list[bool]:
        first = insert(connection, clock)
        uses = [counting.complete(connection, first, REVISION, clock.now())]
        clock.forward(hours=hours)
        second = insert(connection, clock)
        uses.append(counting.complete(connection, second, REVISION, clock.now()))
        return uses

    assert await database.write(work) == [True, counts]


async def test_another_person_revision_or_model_is_another_use(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[bool]:
        asked = [(1, 7, REVISION), (2, 7, REVISION), (1, 8, REVISION), (1, 7, "b" * 40)]
        requests = [(insert(connection, clock, number, entry), revision) for number, entry, revision in asked]
        return [counting.complete(connection, request, revision, clock.now()) for request, revision in requests]

    assert await database.write(work) == [True] * 4


async def test_a_request_that_goes_on_counts_once(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[tuple[bool, object]]:
        first = insert(connection, clock)
        found: list[tuple[bool, object]] = []
        for hours in (0, 1, 30):
            clock.forward(hours=hours)
            request = store.require(connection, first.task_id)
            is_use = counting.complete(connection, request, REVISION, clock.now())
            found.append((is_use, store.require(connection, first.task_id).counted_at))
        return found

    start = clock.now() + timedelta(seconds=1)
    assert await database.write(work) == [(True, start), (False, start), (False, start)]


async def test_a_use_that_left_no_request_stands_against_a_download(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[bool, bool, bool]:
        entry = catalog.ensure(connection, EntryName("huggingface", Kind.MODEL, "org/name"), None, clock.now()).id
        before = counting.used_lately(connection, 1, entry, REVISION, clock.now())
        uses.count(connection, 1, entry, REVISION, clock.now())
        after = counting.used_lately(connection, 1, entry, REVISION, clock.now())
        request = insert(connection, clock, entry=entry)
        return before, after, counting.complete(connection, request, REVISION, clock.now())

    assert await database.write(work) == (False, True, False)
