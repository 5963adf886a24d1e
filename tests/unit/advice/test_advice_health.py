"""One word for the whole depot, in a shape that stays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy import Connection

from steelyard.advice.health import Facts, Health, verdict
from steelyard.catalog.held import HeldBytes
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.jobs import attendance
from steelyard.storage.disk import DiskStorage
from steelyard.storage.space import Space
from steelyard.testing.clock import HandClock
from steelyard.testing.jobs import JobYard
from steelyard.usage.events import Event
from steelyard.usage.recorder import Recorder
from steelyard.usage.spool import MemorySpool
from steelyard.usage.writing import Kept

T = TypeVar("T")
WELL = Facts(database_ok=True, bytes_free=10**12, keep_free=10**9, lag_seconds=0.0, dropped=0, workers=1)


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (WELL, "ok"),
        (replace(WELL, bytes_free=10**9), "ok"),
        (replace(WELL, bytes_free=10**9 - 1), "degraded"),
        (replace(WELL, bytes_free=0), "degraded"),
        (replace(WELL, lag_seconds=5.0), "ok"),
        (replace(WELL, lag_seconds=5.1), "degraded"),
        (replace(WELL, dropped=1), "degraded"),
        (replace(WELL, workers=0), "degraded"),
        (replace(WELL, bytes_free=None), "error"),
        (replace(WELL, database_ok=False), "error"),
        (replace(WELL, database_ok=False, dropped=1), "error"),
    ],
)
def test_verdict(facts: Facts, word: str) -> None:
    assert verdict(facts) == word


class Still:
    """No model runs."""

    async def report(self) -> dict[str, Any]:
        """As Pulse does."""
        return {"cache": {"loaded": 0}, "backends": {}, "gpu": None, "models": {}}


class _Going:
    """A database that answers so many reads and is away then."""

    kind = "postgresql"

    def __init__(self, database: Database, reads: int) -> None:
        self._database = database
        self._left = reads

    async def read(self, work: Callable[[Connection], T]) -> T:
        """As Database does."""
        self._left -= 1
        if self._left < 0:
            raise DatabaseAway("away", hint="wait")
        return await self._database.read(work)


@pytest.mark.parametrize(("reads", "status"), [(0, "error"), (1, "error"), (2, "error"), (3, "ok")])
async def test_the_report_keeps_its_shape_when_the_database_goes_away_in_between(
    database: Database, clock: HandClock, tmp_path: Path, reads: int, status: str
) -> None:
    going = cast("Database", _Going(database, reads))
    yard, recorder = JobYard(going, clock), Recorder(going, clock)
    with ThreadPoolExecutor(1) as threads:
        space = Space(DiskStorage(tmp_path / "store"), threads)
        health = Health(
            going, yard.service, space, recorder, HeldBytes(clock), clock, 0, ["api", "worker"], 0.0, Still()
        )
        report = await health.report()
    assert (report["status"], report["database"]["ok"]) == (status, status == "ok")
    assert report["store"]["bytes_held"] == (0 if status == "ok" else None)
    assert report["downloads"] == {"queued": 0, "running": 0}


async def test_a_depot_without_workers_says_so(database: Database, clock: HandClock, tmp_path: Path) -> None:
    yard, recorder = JobYard(database, clock), Recorder(database, clock)
    with ThreadPoolExecutor(1) as threads:
        space = Space(DiskStorage(tmp_path / "store"), threads)
        health = Health(database, yard.service, space, recorder, HeldBytes(clock), clock, 0, ["api"], 0.0, Still())
        seen: list[tuple[int, str]] = []
        for seconds in (0.0, 14.9, 0.2):
            if not seen:
                await database.write(lambda connection: attendance.sign_in(connection, "elsewhere", clock.now()))
            clock.forward(seconds=seconds)
            report = await health.report()
            seen.append((report["workers"], report["status"]))
    assert seen == [(1, "ok"), (1, "ok"), (0, "degraded")]


async def test_events_that_wait_in_the_spool_show(database: Database, clock: HandClock, tmp_path: Path) -> None:
    spool = MemorySpool()
    spool.put([Kept(1, Event("model_access", clock.now()))], clock.monotonic())
    clock.forward(seconds=6)
    yard, recorder = JobYard(database, clock), Recorder(database, clock, spool)
    with ThreadPoolExecutor(1) as threads:
        space = Space(DiskStorage(tmp_path / "store"), threads)
        health = Health(
            database, yard.service, space, recorder, HeldBytes(clock), clock, 0, ["api", "worker"], 0.0, Still()
        )
        report = await health.report()
    assert report["events"] == {"lag_seconds": 6.0, "spooled": 1, "dropped": 0, "behind": False}
    assert report["status"] == "degraded"
