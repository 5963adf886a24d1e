"""Depots whose usage log has months of events, for the measures of statistics."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.usage_rows import Months, insert
from steelyard.core.clock import system_clock
from steelyard.db.database import Database, open_sqlite
from steelyard.db.migrate import upgrade
from steelyard.testing.bulk import BulkDepot, Size
from steelyard.usage.blocks import Blocks
from steelyard.usage.fold import Fold
from steelyard.usage.rows import Row
from steelyard.usage.sealing import Sealing
from steelyard.usage.turns import Turns

MODELS, PEOPLE = 200, 500
_REQUESTS = 2_000
_SEALED_AFTER = 300_000  # events: half a minute of them, as in life
_AT_ONCE = 50_000  # events: how months of them are folded, since nobody waits
_COMING = 5_000  # events at a time
_MEASURED = 100_000  # events of the end, or half of all: these are folded as in life
# The store is empty: a scan would find that every file is gone.
VARIABLES: Mapping[str, str] = {"STEELYARD_CARE__SCAN_HOURS": "0"}


@dataclass(frozen=True, slots=True)
class Filling:
    """What came of it. ``rate`` is events folded in a second, ``cpu`` the microseconds of all cores that one takes,
    ``longest`` the longest write of a slice in ms, all of the last hundred thousand; ``size`` is the bytes of the log's
    file, ``now`` where its events end."""

    home: Path
    bulk: BulkDepot
    now: datetime
    events: int
    rate: float
    cpu: float
    longest: float
    size: int


def fill(home: Path, events: int) -> Filling:
    """A home folder with so many events, all folded."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return asyncio.run(_fill(home, events, now))


async def _fill(home: Path, events: int, now: datetime) -> Filling:
    bulk = BulkDepot(Size(MODELS, _REQUESTS, 0, people=PEOPLE), now)
    depot, log = open_sqlite(home / "steelyard.db", "NORMAL"), open_sqlite(home / "steelyard-usage.db", "NORMAL")
    upgrade(depot.writer, "depot")
    upgrade(log.writer, "usage")
    await depot.write(bulk.fill)
    turns = Turns(log)
    fold, sealing = Fold(log, system_clock, turns), Sealing(turns, system_clock)
    months = Months(bulk, events, now)
    measured = min(_MEASURED, events // 2)
    rows = months.batches(await log.write(months.learn), min(_COMING, measured))
    in_bulk = await _write(log, rows, events - measured, Fold(log, system_clock, turns, size=_AT_ONCE), sealing)
    count, seconds, cpu = await _write(log, rows, measured, fold, sealing)
    await Blocks(turns, system_clock).make()
    depot.close()
    log.close()
    size = (home / "steelyard-usage.db").stat().st_size
    return Filling(
        home,
        bulk,
        now,
        in_bulk[0] + count,
        count / seconds,
        cpu / count * 1e6,
        fold.figures.longest_write_seconds * 1000,
        size,
    )


async def _write(
    log: Database, batches: Iterator[list[Row]], wanted: int, fold: Fold, sealing: Sealing
) -> tuple[int, float, float]:
    """Write and fold in turn; how many events, and the seconds of folding, by the clock and of CPU."""
    count, waiting, unsealed, seconds, cpu = 0, 0, 0, 0.0, 0.0
    while count < wanted and (rows := next(batches, None)):
        await log.write(lambda connection, rows=rows: insert(connection, rows))  # type: ignore[misc]
        count, waiting = count + len(rows), waiting + len(rows)
        if waiting >= fold.size or count >= wanted:
            start, began = time.perf_counter(), time.process_time()
            await fold.fold_all()
            seconds, cpu, waiting = seconds + time.perf_counter() - start, cpu + time.process_time() - began, 0
        if count >= unsealed + _SEALED_AFTER:
            await sealing.seal()
            unsealed = count
    await sealing.seal()
    return count, seconds, cpu
