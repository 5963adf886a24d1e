"""Events of other services: how many a second get to the disk through HTTP batches, and what the disk alone takes.

In each round a depot of its own on SQLite takes the batches, its fold at work as always; then the rows that came out
of it are inserted into an empty file of the same form by nothing but the driver, 10,000 to a transaction.
"""

import http.client
import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from bench.figure import Figure
from bench.scale import Scale
from steelyard.db.database import open_sqlite
from steelyard.db.migrate import upgrade
from steelyard.db.sqlite import driver
from steelyard.testing.process import DepotProcess

_BATCH = 10_000
_REPORTERS = 2
_NOWHERE = "http://127.0.0.1:9"
_JSON = {"Content-Type": "application/json"}


def measure(scale: Scale, work: Path) -> list[Figure]:
    """Both ways in each round, one after the other: the machine is as busy for one as for the other."""
    rounds = [_round(work / f"ingest-{number}", scale.events) for number in range(scale.rounds)]
    through, bare = tuple(rate for rate, _ in rounds), tuple(rate for _, rate in rounds)
    share = tuple(100 * one / other for one, other in rounds)
    return [
        Figure("ingest, batches over HTTP", "events/s", through, at_least=30_000),
        Figure("the same rows, bare batched insert", "events/s", bare),
        Figure("ingest, share of the bare insert", "%", share, at_least=40),
    ]


def _round(folder: Path, events: int) -> tuple[float, float]:
    folder.mkdir()
    bodies = _bodies(events)
    with DepotProcess(folder / "home", _NOWHERE) as depot:
        _send(depot.url, [_body(1)])  # connections, imports and first pages are there
        start = time.perf_counter()
        _send(depot.url, bodies)
        through = events / (time.perf_counter() - start)
    return through, _bare(folder, _rows(folder / "home" / "steelyard-usage.db"))


def _bodies(events: int) -> list[bytes]:
    return [_body(min(_BATCH, events - start)) for start in range(0, events, _BATCH)]


def _body(count: int) -> bytes:
    draw, now = random.Random(count), datetime.now(UTC) - timedelta(hours=1)  # noqa: S311 - seeded
    return json.dumps({"events": [_event(draw, now + timedelta(milliseconds=10 * n)) for n in range(count)]}).encode()


def _event(draw: random.Random, at: datetime) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "type": "generation_completed", "model": f"lab/model-{draw.randrange(200)}",
        "username": f"user-{draw.randrange(50)}", "success": True,
        "timestamp": at.isoformat(timespec="milliseconds"),
        "duration_ms": round(draw.lognormvariate(7, 1), 3), "first_token_ms": round(draw.lognormvariate(4, 1), 3),
        "tokens_in": draw.randrange(4000), "tokens_out": draw.randrange(1000),
        "parameters": {"steps": draw.choice([20, 30, 50]), "resolution": "1280x720"},
    }  # fmt: skip


def _send(url: str, bodies: Sequence[bytes]) -> None:
    host = urlsplit(url).netloc

    def report(mine: Sequence[bytes]) -> None:
        with closing(http.client.HTTPConnection(host, timeout=60)) as connection:
            for body in mine:
                connection.request("POST", "/api/v1/events", body, _JSON)
                answer = connection.getresponse()
                assert answer.status == 202, answer.read()
                assert not json.loads(answer.read())["rejected"]

    with ThreadPoolExecutor(_REPORTERS) as reporters:
        list(reporters.map(report, [bodies[number::_REPORTERS] for number in range(_REPORTERS)]))


def _rows(path: Path) -> list[tuple[Any, ...]]:
    with closing(driver().connect(path)) as connection:
        found = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in ("usage_hot", "usage_log")]  # noqa: S608
    return [row for rows in found for row in rows]


def _bare(folder: Path, rows: Sequence[tuple[Any, ...]]) -> float:
    path = folder / "bare.db"
    database = open_sqlite(path, "NORMAL")
    upgrade(database.writer, "usage")
    database.close()
    marks = ", ".join("?" * len(rows[0]))
    with closing(driver().connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=NORMAL")
        start = time.perf_counter()
        for first in range(0, len(rows), _BATCH):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(f"INSERT INTO usage_hot VALUES ({marks})", rows[first : first + _BATCH])  # noqa: S608
            connection.execute("COMMIT")
        return len(rows) / (time.perf_counter() - start)
