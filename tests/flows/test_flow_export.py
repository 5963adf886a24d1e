"""Exports of many rows: flat memory, short transactions, and honest ends."""

import asyncio
import gc
import json
import socket
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.requests import Request

from steelyard.core.errors import Unavailable
from steelyard.core.ref import Reference
from steelyard.db.database import Database
from steelyard.db.keyset import SLICE
from steelyard.http import problems
from steelyard.http.export import Export, ExportFormat, respond
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.testing.bulk import BulkDepot, Size
from steelyard.testing.clock import HandClock
from steelyard.usage.lines import EventFilter
from steelyard.usage.log import AccessHistory
from steelyard.usage.routes import create_router
from steelyard.usage.views import EVENT_FIELDS, event_json
from tests.flows.house import eventually

T = TypeVar("T")
EVENTS = "/api/v1/events"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
MANY = 20_000
EXPORT = Export("events", "events", EVENT_FIELDS, event_json)


class Counted(Database):
    """A database whose reads are counted; from the read after ``whole`` on it is away."""

    def __init__(self, inner: Database, whole: int | None = None) -> None:
        self._inner = inner
        self._whole = whole
        self.reads = 0

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Count and pass on."""
        if self.reads == self._whole:
            raise Unavailable("The database went away.")
        self.reads += 1
        return await self._inner.read(work)


async def test_memory_stays_flat_and_rows_come_in_slices(database: Database, usage_log: Database) -> None:
    await _fill(database, usage_log, MANY)
    log = Counted(usage_log)
    history = AccessHistory(database, log)
    few, many = [await _peak(history, ExportFormat.CSV, limit) for limit in (2 * SLICE, MANY)]
    assert log.reads == 2 + MANY // SLICE
    assert many < min(1.5 * few, 10_000_000), "forty slices hold hardly more than two"


async def test_an_export_that_breaks_on_the_way_cannot_be_taken_for_a_whole_one(
    database: Database, usage_log: Database
) -> None:
    await _fill(database, usage_log, 4 * SLICE)
    for kind in ExportFormat:
        async with _served(database, Counted(usage_log, whole=3)) as address:
            got, is_whole = await _fetch(f"{address}{EVENTS}?format={kind.value}")
        assert not is_whole
        assert got.count(b"\n") > SLICE
        if kind is ExportFormat.JSON:
            with pytest.raises(json.JSONDecodeError):
                json.loads(got)


async def test_nothing_is_read_for_a_client_that_left(database: Database, usage_log: Database) -> None:
    await _fill(database, usage_log, MANY)
    log = Counted(usage_log)
    async with _served(database, log) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 12)
        writer.write(f"GET {EVENTS}?format=ndjson HTTP/1.1\r\nHost: depot\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.transport.abort()
    # The server has ended every request by now; what fits into the buffers of the sockets was read for nothing.
    assert 0 < log.reads < MANY // SLICE


async def _fill(depot: Database, usage_log: Database, events: int) -> None:
    bulk = BulkDepot(Size(models=20, requests=0, events=events, people=50), NOW)
    await depot.write(bulk.fill)
    await usage_log.write(bulk.fill_log)


async def _peak(history: AccessHistory, kind: ExportFormat, limit: int) -> int:
    """The most bytes that an export of so many rows held at any time."""
    gc.collect()
    tracemalloc.start()
    rows = history.slices(EventFilter(), limit)
    answer = await respond(Request({"type": "http", "method": "GET"}), EXPORT, kind, rows, NOW)
    lines = 0
    async for piece in answer.body_iterator:
        assert isinstance(piece, bytes)
        lines += piece.count(b"\n")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lines >= limit
    return peak


async def _fetch(url: str) -> tuple[bytes, bool]:
    """What came of an answer, and whether it came to its end."""
    got = b""
    async with httpx2.AsyncClient() as http, http.stream("GET", url) as answer:
        assert answer.status_code == 200
        try:
            async for piece in answer.aiter_raw():
                got += piece
        except httpx2.RemoteProtocolError:
            return got, False
    return got, True


@asynccontextmanager
async def _served(depot: Database, usage_log: Database) -> AsyncIterator[str]:
    """The log's routes behind a real server; its address."""

    async def name_of(reference: Reference, _caller: Caller) -> str:
        return str(reference.bare)

    app = FastAPI()
    problems.install(app)
    clock = HandClock()
    app.include_router(create_router(AccessHistory(depot, usage_log), People(depot, clock), name_of, clock))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))

    async def started() -> bool:
        return server.started

    await eventually(started, "the server listens")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
