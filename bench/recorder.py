"""The event recorder: how many events a second get to the disk, how long callers wait, and what they cost."""

import asyncio
import time
from dataclasses import dataclass
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
from steelyard.usage.spool_files import FileSpool

_CALLERS = 100


@dataclass(frozen=True, slots=True)
class Round:
    """``rate`` in events a second, ``p99`` in milliseconds, ``cpu`` in microseconds an event."""

    rate: float
    p99: float
    cpu: float


def measure(scale: Scale, work: Path) -> list[Figure]:
    """Callers that each wait for one event to be safe before they hand in the next: many, and one alone."""
    many = [_measured(work / f"many-{number}", _CALLERS, scale.events) for number in range(scale.rounds)]
    alone = [_measured(work / f"alone-{number}", 1, scale.events // 10) for number in range(scale.rounds)]
    return [
        Figure(f"recorder, {_CALLERS} callers", "events/s", tuple(each.rate for each in many)),
        Figure(f"recorder, {_CALLERS} callers, p99", "ms", tuple(each.p99 for each in many)),
        Figure(f"recorder, {_CALLERS} callers, CPU", "us/event", tuple(each.cpu for each in many), below=100.0),
        Figure("recorder, 1 caller, CPU", "us/event", tuple(each.cpu for each in alone)),
    ]


def _measured(folder: Path, callers: int, events: int) -> Round:
    return uvloop.run(_round(folder, callers, events))


async def _round(folder: Path, callers: int, events: int) -> Round:
    database = open_sqlite(folder / "usage.db", "NORMAL")
    upgrade(database.writer, "usage")
    recorder = Recorder(database, system_clock, FileSpool(folder / "spool", system_clock))
    running = asyncio.create_task(recorder.run())
    waits: list[float] = []
    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_caller(recorder, number, events // callers, waits) for number in range(callers)))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    running.cancel()
    await asyncio.wait({running})
    database.close()
    assert (recorder.dropped, recorder.spooled) == (0, 0)
    return Round(len(waits) / seconds, quantiles(waits, n=100)[98] * 1000, cpu / len(waits) * 1e6)


async def _caller(recorder: Recorder, number: int, events: int, waits: list[float]) -> None:
    event = Event(
        type=API_REQUEST, at=datetime.now(UTC), model=f"bench/model-{number % 20}", principal=number,
        address="127.0.0.1", agent="bench", success=True, duration_ms=1.0,
    )  # fmt: skip
    for _ in range(events):
        start = time.perf_counter()
        await recorder.record(event)
        waits.append(time.perf_counter() - start)
