"""Retention: how long writers wait while a tenth of all events is deleted, and what the disk gets back.

The writers have no spool, so they wait for the commit itself, however long it takes.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from bench.figure import Figure
from bench.usage_filling import Filling
from bench.usage_rows import PAST
from steelyard.core.clock import system_clock
from steelyard.db.database import open_sqlite
from steelyard.usage.events import API_REQUEST, Event
from steelyard.usage.recorder import Recorder
from steelyard.usage.retention import Retention
from steelyard.usage.turns import Turns

_WRITERS = 8
_PAUSE = 0.004  # seconds between two events of a writer: some 500 events/s by all of them
_TARGET = 20.0  # milliseconds
_KEPT_DAYS, _SHEET_DAYS = int(PAST.days * 0.9), 400


def measure(filling: Filling) -> Iterator[Figure]:
    """Delete what is older than nine tenths of the time; the log is left so."""
    path = filling.home / "steelyard-usage.db"
    before = path.stat().st_size
    gone, seconds, waits = asyncio.run(_measure(path))
    what = f"usage: retention of {gone:,} events"
    yield Figure(what, "events/s", (gone / seconds,))
    yield Figure(f"{what}, writers' p99", "ms", (quantiles(waits, n=100)[98] * 1000,), below=_TARGET)
    yield Figure(f"{what}, bytes given back of one", "B", ((before - path.stat().st_size) / max(1, gone),))


async def _measure(path: Path) -> tuple[int, float, list[float]]:
    database = open_sqlite(path, "NORMAL")
    recorder = Recorder(database, system_clock)
    retention = Retention(database, Turns(database), system_clock, _KEPT_DAYS, _SHEET_DAYS)
    running, waits = asyncio.create_task(recorder.run()), list[float]()
    writers = [asyncio.create_task(_write(recorder, number, waits)) for number in range(_WRITERS)]
    await asyncio.sleep(_PAUSE * 10)  # they are on their way
    start = time.perf_counter()
    await retention.purge()
    seconds = time.perf_counter() - start
    for task in (*writers, running):
        task.cancel()
        await asyncio.wait({task})
    database.close()
    return retention.purged_events, seconds, waits


async def _write(recorder: Recorder, number: int, waits: list[float]) -> None:
    while True:
        event = Event(
            type=API_REQUEST, at=datetime.now(UTC), model=f"bench/model-{number}", principal=number,
            address="127.0.0.1", agent="bench", success=True, duration_ms=1.0,
        )  # fmt: skip
        start = time.perf_counter()
        await recorder.record(event)
        waits.append(time.perf_counter() - start)
        await asyncio.sleep(_PAUSE)
