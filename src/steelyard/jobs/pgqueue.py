"""Dispatch through PgQueuer (1.6), for several workers on one PostgreSQL database.

Our jobs row is the truth, so a dispatch is taken and acknowledged in one transaction, and its tables need no log: what
a crash loses the sweep puts in again. Imports PgQueuer: only a depot on PostgreSQL loads this module.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from steelyard.db.listening import NotificationLine, connect

logger = logging.getLogger(__name__)
_PREFIX = "steelyard_"
_ENTRYPOINT = "job"
_POLL_SECONDS = 5.0  # the safety net under LISTEN; a notification or the time of a delayed job comes first
_BROKEN_SECONDS = 2.0
_PRUNE_SECONDS = 3600.0
_STALE = timedelta(seconds=5)  # nothing is ever left picked; the query wants a number
_SOON = 0.005  # a delayed job is due a moment after its time, never at it
_INSTALL_TURN = 0x5EE1_9A9E  # the advisory lock of whoever installs PgQueuer's tables


@dataclass(frozen=True, slots=True)
class _Offer:
    job_id: str
    priority: int
    delay: float

    @property
    def key(self) -> str:
        """A job that waits for its next try does not stand in the way of somebody who wants it now."""
        return f"{self.job_id} later" if self.delay > 0 else self.job_id


class PgQueue:
    """A ``JobQueue`` that all workers of a database share. Hears of new jobs through ``line``."""

    def __init__(self, parameters: dict[str, Any], line: NotificationLine) -> None:
        """``parameters`` are psycopg's."""
        self._parameters = parameters
        self._settings = DBSettings(prefix=_PREFIX, durability=Durability.volatile)
        self._manager = QueueManagerId(uuid4())
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._offers: list[_Offer] = []
        self._spare: deque[str] = deque()  # taken for somebody who left meanwhile
        self._using = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        line.hear(self._settings.channel, self._heard, self._listening)

    async def put(self, job_id: str, priority: int, delay: float = 0.0) -> None:
        """Offer a job, together with whatever else is being offered. Lost when the database is away."""
        self._offers.append(_Offer(job_id, priority, delay))
        async with self._using:
            offers, self._offers = self._offers, []
            if offers:
                with _broken_is_logged("offer jobs"):
                    await _enqueue(await self._queries(), offers)
                    self._news.set()

    async def take(self) -> str:
        """The most urgent job; waits for one. One taker at a time asks, so that nobody takes more than it works on."""
        async with self._turn:
            while True:
                self._news.clear()
                job_id, pause = await self._ask()
                if job_id is not None:
                    return job_id
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._news.wait()

    async def prune(self) -> None:
        """Drop PgQueuer's own log, once an hour, until cancelled: we never read it."""
        while True:
            async with self._using:
                with _broken_is_logged("prune the log of dispatches"):
                    await (await self._queries()).clear_queue_log(_ENTRYPOINT)
            await asyncio.sleep(_PRUNE_SECONDS)

    async def close(self) -> None:
        """Let the connection go. What was taken and not handed out the sweep finds."""
        async with self._using:
            await self._drop()

    async def _ask(self) -> tuple[str | None, float]:
        """The next job, or None and the seconds after which to ask again if nobody says anything before."""
        if self._spare:
            return self._spare.popleft(), 0.0
        asking = asyncio.create_task(self._dequeue())
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:  # it may have been taken already: keep it for the next one
            job_id, _ = await asking
            if job_id is not None:
                self._spare.append(job_id)
            raise

    async def _dequeue(self) -> tuple[str | None, float]:
        found: str | None = None
        pause = _BROKEN_SECONDS
        async with self._using:
            with _broken_is_logged("take a job"):
                queries = await self._queries()
                found = await self._dequeue_with(queries)
                pause = 0.0 if found else await _pause(queries)
        return found, pause

    async def _dequeue_with(self, queries: Queries) -> str | None:
        assert self._connection is not None  # noqa: S101 - _queries opened it
        entrypoints = {QueueEntrypoint(_ENTRYPOINT): EntrypointExecutionParameter(0)}
        async with self._connection.transaction():
            picked = await queries.dequeue(1, entrypoints, self._manager, None, _STALE)
            await queries.log_jobs([(job, "successful", None) for job in picked])
        return (picked[0].payload or b"").decode() if picked else None

    async def _queries(self) -> Queries:
        """PgQueuer on a connection that works as far as we know; its tables are there. Raises psycopg.Error."""
        if self._connection is None or self._connection.closed or self._connection.broken:
            await self._drop()
            self._connection = await connect(self._parameters)
            await self._install(self._on(self._connection))
        return self._on(self._connection)

    def _on(self, connection: psycopg.AsyncConnection[Any]) -> Queries:
        builders = QueryBuilderEnvironment(self._settings), QueryQueueBuilder(self._settings)
        return Queries(PsycopgDriver(connection), *builders, QuerySchedulerBuilder(self._settings))

    async def _install(self, queries: Queries) -> None:
        await queries.driver.execute("SELECT pg_advisory_lock($1)", _INSTALL_TURN)
        try:
            if await queries.schema_is_installed():
                await queries.apply_upgrade()
            else:
                await queries.install()
        finally:
            await queries.driver.execute("SELECT pg_advisory_unlock($1)", _INSTALL_TURN)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _heard(self, payload: str) -> None:
        if json.loads(payload).get("operation") == "insert":  # those who take tell as well
            self._news.set()

    async def _listening(self) -> None:
        self._news.set()


async def _enqueue(queries: Queries, offers: Sequence[_Offer]) -> None:
    await queries.enqueue(
        [_ENTRYPOINT] * len(offers),
        [offer.job_id.encode() for offer in offers],
        [offer.priority for offer in offers],
        [timedelta(seconds=max(0.0, offer.delay)) for offer in offers],
        [offer.key for offer in offers],
        on_conflict="skip",
    )


async def _pause(queries: Queries) -> float:
    delayed = await queries.next_deferred_eta([QueueEntrypoint(_ENTRYPOINT)])
    return min(_POLL_SECONDS, max(0.0, delayed.total_seconds()) + _SOON) if delayed else _POLL_SECONDS


@contextmanager
def _broken_is_logged(what: str) -> Iterator[None]:
    """The table is the truth: a dispatch that fails costs a moment, never a request."""
    try:
        yield
    except (psycopg.Error, OSError):
        logger.warning("could not %s; the sweep makes up for it", what, exc_info=True)
