"""Depots that have grown, for the measures at scale: one on SQLite, one on PostgreSQL."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench.scale import Scale
from steelyard.core.clock import system_clock
from steelyard.db.database import Database, open_sqlite
from steelyard.db.migrate import upgrade
from steelyard.db.postgres import open_postgres
from steelyard.testing.bulk import BulkDepot, Size
from steelyard.testing.postgres import PostgresCluster
from steelyard.usage.fold import Fold

# The store is empty: a scan would find that every file is gone. The events are of half a year, and all are to stay.
_NO_SCAN = {
    "STEELYARD_CARE__SCAN_HOURS": "0",
    "STEELYARD_USAGE__EVENT_DAYS": "400",
    "STEELYARD_USAGE__SHEET_DAYS": "500",
}


def databases(scale: Scale, work: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The name of each database, filled, and the variables with which a depot at ``work / name`` uses it."""
    home = work / "sqlite"
    asyncio.run(_fill(scale, _sqlite(home / "steelyard.db"), _sqlite(home / "steelyard-usage.db")))
    yield "sqlite", _NO_SCAN
    with ExitStack() as kept:
        url = kept.enter_context(kept.enter_context(PostgresCluster()).database())
        depot = open_postgres(url, isolation="SERIALIZABLE")
        asyncio.run(_fill(scale, depot, open_postgres(url, isolation="READ COMMITTED")))
        _tidy(url)
        yield "postgresql", {**_NO_SCAN, "DATABASE_URL": url}


def _sqlite(path: Path) -> Database:
    return open_sqlite(path, "NORMAL")


async def _fill(scale: Scale, depot: Database, usage_log: Database) -> None:
    upgrade(depot.writer, "depot")
    upgrade(usage_log.writer, "usage")
    bulk = BulkDepot(Size(scale.models, scale.requests, scale.events), datetime.now(UTC))
    await depot.write(bulk.fill)
    await usage_log.write(bulk.fill_log)
    await Fold(usage_log, system_clock).fold_all()
    depot.close()
    usage_log.close()


def _tidy(url: str) -> None:
    """What autovacuum does in a database that has been used for half a year."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
