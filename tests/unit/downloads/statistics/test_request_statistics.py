"""Requests in numbers, grouped by either database in the same way."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.downloads.statistics import store
from steelyard.downloads.statistics.service import RequestStatistics, waits_of
from steelyard.downloads.store import RequestFilter
from steelyard.downloads.tables import requests
from steelyard.usage.statistics.ranges import Step, between

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = between(NOW, Step.DAY, ZoneInfo("Asia/Kolkata"), NOW - timedelta(days=3))


async def fill(database: Database, *lines: tuple[str, str, timedelta, float | None]) -> None:
    """Requests: who, how they stand, how long ago, and the seconds they took."""

    def work(connection: Connection) -> None:
        for number, (name, status, ago, took) in enumerate(lines):
            at = NOW - ago
            connection.execute(
                requests.insert().values(
                    task_id=str(number), username=name, vpn_ip="10.0.0.1", status=status, timestamp=at, kind="model",
                    model="org/a", source="huggingface", total_size=100, completed_files=1, identified_by="declared",
                    principal=1, is_use=False,
                    completed_at=None if took is None else at + timedelta(seconds=took),
                )
            )  # fmt: skip

    await database.write(work)


async def test_counts_by_whatever_is_asked_for(database: Database) -> None:
    await fill(
        database,
        ("alice", "completed", timedelta(hours=1), 2.0),
        ("alice", "failed", timedelta(hours=2), None),
        ("bob", "completed", timedelta(days=2), 4.5),
        ("bob", "pending", timedelta(minutes=1), None),
        ("bob", "completed", timedelta(days=30), 1.0),
    )
    found = await RequestStatistics(database).of(DAYS, None, None)
    assert (found.total.requests, found.total.completed, found.total.failed, found.total.size) == (4, 2, 1, 200)
    assert found.statuses == {"completed": 2, "failed": 1, "pending": 1}
    assert [(name, one.requests) for name, one in found.people] == [("alice", 2), ("bob", 2)]
    assert [name for name, _ in found.addresses] == ["10.0.0.1"]
    assert (found.waits.average, found.waits.p50, found.waits.p99) == (3.25, 2.0, 4.5)
    assert [one.requests for _, _, one in found.points] == [0, 1, 0, 3]  # days there begin at 18:30


async def test_a_request_at_the_very_begin_of_a_quarter_is_one_of_it(database: Database) -> None:
    lines = [("alice", "completed", timedelta(minutes=15 * n), 1.0) for n in range(1, 97)]
    await fill(database, *lines, ("bob", "completed", timedelta(microseconds=200), 1.0))
    wanted = RequestFilter(since=NOW - timedelta(days=2))
    found = await database.read(lambda connection: store.by_quarter(connection, wanted))
    last = int(NOW.timestamp()) // 900 - 1
    assert {quarter: one.requests for quarter, one in found.items()} == {
        last - n: 2 if n == 0 else 1 for n in range(96)
    }


async def test_members_see_their_own_lines(database: Database) -> None:
    await fill(database, ("alice", "completed", timedelta(), 1.0), ("bob", "completed", timedelta(), 1.0))
    found = await RequestStatistics(database).of(DAYS, None, "bob")
    assert (found.total.requests, [name for name, _ in found.people], found.addresses) == (2, ["bob"], [])


@pytest.mark.parametrize(("tenths", "expected"), [({}, None), ({5: 1}, 0.5), ({1: 99, 100: 1}, 0.1)])
def test_the_usual_wait(tenths: dict[int, int], expected: float | None) -> None:
    assert waits_of(tenths).p50 == expected
