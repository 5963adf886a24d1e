"""The event recorder: how many events a second get to the disk, and how long a caller waits for its own."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import uvloop

from bench.figure import Figure
from bench.scale import Scale
from steelyard.core.clock import system_clock
from steelyard.db.database import open_sqlite
from steelyard.db.migrate import upgrade
from steelyard.usage.events import API_REQUEST, Event
from steelyard.usage.recorder import Recorder

_CALLERS = 100


def measure(scale: Scale, work: Path) -> list[Figure]:
    """Callers that each wait for one event to be on the disk before they hand in the next."""
    rounds = [uvloop.run(_round(work / f"usage-{number}.db", scale.events)) for number in range(scale.rounds)]
    return [
        Figure(f"recorder, {_CALLERS} callers", "events/s", tuple(rate for rate, _ in rounds)),
        Figure(f"recorder, {_CALLERS} callers, p99", "ms", tuple(p99 for _, p99 in rounds)),
    ]


async def _round(path: Path, events: int) -> tuple[float, float]:
    database = open_sqlite(path, "NORMAL")
    upgrade(database.writer, "usage")
    recorder = Recorder(database, system_clock)
    running = asyncio.create_task(recorder.run())
    waits: list[float] = []
    start = time.perf_counter()
    await asyncio.gather(*(_caller(recorder, number, events // _CALLERS, waits) for number in range(_CALLERS)))
    seconds = time.perf_counter() - start
    running.cancel()
    await asyncio.wait({running})
    database.close()
    assert recorder.dropped == 0
    return len(waits) / seconds, quantiles(waits, n=100)[98] * 1000


async def _caller(recorder: Recorder, number: int, events: int, waits: list[float]) -> None:
    event = Event(
        type=API_REQUEST, at=datetime.now(UTC), model=f"bench/model-{number % 20}", principal=number,
        address="127.0.0.1", agent="bench", success=True, duration_ms=1.0,
    )  # fmt: skip
    for _ in range(events):
        start = time.perf_counter()
        await recorder.record(event)
        waits.append(time.perf_counter() - start)
