"""The numbers of statistics beside those of a plain GROUP BY over the events, in SQLite and in DuckDB.

Counts must be equal to the last event; the time that a GROUP BY takes is told as well.
"""

import csv
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from bench.figure import Figure
from bench.usage_filling import VARIABLES, Filling
from steelyard.testing.process import DepotProcess
from steelyard.usage.events import USES, milliseconds
from steelyard.usage.keys import DAY_MS, at_ms_of, first_key

try:
    import duckdb
except ImportError:  # it has no wheel for every machine
    duckdb = None  # type: ignore[assignment]

_NOWHERE = "http://127.0.0.1:9"
_DAYS = 30
_USES = ", ".join(f"'{name.value}'" for name in sorted(USES))
# As docs/reference has it: a generation, or a pull that went well and is no repeated one.
_USE = f"t.text IN ({_USES}) OR (t.text = 'model_download' AND e.success AND e.repeated IS NULL)"
_EPOCH_MS, _MS = at_ms_of(0), 2**21
_BY_MODEL = """
SELECT m.text, count(*), sum(CASE WHEN e.success THEN 0 ELSE 1 END) FROM {events} e
JOIN {words} t ON t.id = e.type JOIN {words} m ON m.id = e.model
WHERE e.id >= {first} AND e.id < {end} AND ({use}) GROUP BY m.text
"""
_BY_DAY = """
SELECT CAST(floor((floor(e.id / {ms}.0) + {epoch}) / {day}) AS BIGINT), count(*), 0 FROM {events} e
JOIN {words} t ON t.id = e.type WHERE e.id >= {first} AND e.id < {end} AND ({use}) GROUP BY 1
"""
Counts = Mapping[str, int]
Query = Callable[[str], list[Any]]


def compare(filling: Filling) -> Iterator[Figure]:
    """1 where every number is the same, else 0; and the seconds that asking the raw events took."""
    until = filling.now.replace(hour=0)
    since = until - timedelta(days=_DAYS)
    ours = _ours(filling, since, until)
    with closing(sqlite3.connect(filling.home / "steelyard-usage.db")) as log:
        yield from _beside("SQLite", lambda query: log.execute(query).fetchall(), since, until, ours)
        if duckdb is not None:
            yield from _in_duckdb(log, filling.home / "events", since, until, ours)


def _ours(filling: Filling, since: datetime, until: datetime) -> tuple[Counts, Counts]:
    """Uses by model, and by day, as the routes tell them."""
    ends = {"since": since.isoformat(), "until": until.isoformat()}
    with DepotProcess(filling.home, _NOWHERE, more=VARIABLES) as depot:
        tops = httpx2.get(f"{depot.url}/api/v1/stats/models", params={**ends, "limit": 1000}, timeout=60).json()
        system = httpx2.get(f"{depot.url}/api/v1/stats", params={**ends, "period": "day"}, timeout=60).json()
    by_model = {one["model"]: one["uses"] for one in tops["models"] if one["uses"]}
    by_day = {one["start"][:10]: one["uses"] for one in system["series"] if one["uses"]}
    return by_model, by_day


def _beside(name: str, query: Query, since: datetime, until: datetime, ours: tuple[Counts, Counts]) -> Iterator[Figure]:
    start = time.perf_counter()
    by_model = {text: count for text, count, _ in query(_filled(_BY_MODEL, since, until))}
    by_day = {_day(number): count for number, count, _ in query(_filled(_BY_DAY, since, until))}
    seconds = time.perf_counter() - start
    is_same = (by_model, by_day) == ours
    yield Figure(f"usage: numbers equal to GROUP BY in {name}", "of 1", (float(is_same),), at_least=1.0)
    yield Figure(f"usage: two GROUP BY in {name}", "ms", (seconds * 1000,))


def _in_duckdb(
    log: sqlite3.Connection, folder: Path, since: datetime, until: datetime, ours: tuple[Counts, Counts]
) -> Iterator[Figure]:
    folder.mkdir()
    _write(folder / "events.csv", log.execute("SELECT id, type, model, success, repeated FROM usage_log"))
    _write(folder / "words.csv", log.execute("SELECT id, text FROM usage_words"))
    with duckdb.connect() as duck:
        files = {"usage_log": (folder / "events.csv", "id, type, model, success, repeated"),
                 "usage_words": (folder / "words.csv", "id, text")}  # fmt: skip
        for table, (path, columns) in files.items():
            names = [f"'{name}'" for name in columns.split(", ")]
            read = f"read_csv('{path}', header=false, names=[{', '.join(names)}])"
            duck.execute(f"CREATE TABLE {table} AS SELECT * FROM {read}")  # noqa: S608 - our own names
        yield from _beside("DuckDB", lambda query: duck.execute(query).fetchall(), since, until, ours)


def _write(path: Path, rows: sqlite3.Cursor) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def _filled(query: str, since: datetime, until: datetime) -> str:
    return query.format(
        events="usage_log", words="usage_words", use=_USE, ms=_MS, epoch=_EPOCH_MS, day=float(DAY_MS),
        first=first_key(milliseconds(since)), end=first_key(milliseconds(until)),
    )  # fmt: skip


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * DAY_MS / 1000, UTC).date().isoformat()
