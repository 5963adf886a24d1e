"""The change feed between processes: a table that remembers an hour, and NOTIFY that carries each change at once.

A notification carries position, topic and key, so that hearing it costs no query. Writing is grouped: whatever waits
goes into one small transaction. The group takes a lock, so that positions are committed in their order and "after
position 7" means the same for everybody.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, text

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.core.feed import Change, Heard, Missed
from steelyard.db.database import Database
from steelyard.db.listening import NotificationLine
from steelyard.db.tables import change_feed

logger = logging.getLogger(__name__)
CHANNEL = "steelyard_changes"
_ORDER = 0x5EE1_FEED  # the advisory lock of the group that is being committed
_GROUP = 500
_WAITING_LIMIT = 10_000
_KEPT = timedelta(hours=1)
_PRUNE_SECONDS = 300.0
_REPLAYED = 5_000  # whoever missed more reads everything anew
_PAUSE_SECONDS = 1.0


class TableFeed:
    """One process's end of the feed."""

    def __init__(self, database: Database, line: NotificationLine, clock: Clock) -> None:
        """``database`` writes at READ COMMITTED: appending collides with nobody."""
        self._database = database
        self._clock = clock
        self._me = secrets.token_hex(6)
        self._heard: list[Heard] = []
        self._waiting: dict[tuple[str, str], None] = {}
        self._filled = asyncio.Event()
        self._last: int | None = None  # the newest position heard; None before the first look
        line.hear(CHANNEL, self._take, self._catch_up)

    def attach(self, heard: Heard) -> None:
        """Hand every change to ``heard``."""
        self._heard.append(heard)

    def send(self, topic: str, key: str) -> None:
        """Let the next group take it along; equal changes that wait together become one."""
        if len(self._waiting) < _WAITING_LIMIT:
            self._waiting[(topic, key)] = None
            self._filled.set()

    async def newest(self) -> int:
        """The position of the newest change."""
        return await self._database.read(_newest)

    async def since(self, position: int) -> Sequence[Change] | None:
        """What came after a position, or None when it was pruned, is unknown, or is too far back."""
        return await self._database.read(lambda connection: _since(connection, position))

    async def run(self) -> None:
        """Write what is sent, and forget what is old, until cancelled."""
        pruning = asyncio.create_task(self._pruning())
        try:
            while True:
                await self._filled.wait()
                await self._write_group()
        finally:
            pruning.cancel()
            if self._waiting:  # how the last jobs ended
                await self._write_group()

    async def _write_group(self) -> None:
        group = [key for key, _ in zip(self._waiting, range(_GROUP), strict=False)]
        for key in group:
            del self._waiting[key]
        if not self._waiting:
            self._filled.clear()
        now, me = self._clock.now(), self._me
        try:
            await self._database.write(lambda connection: _append(connection, group, now, me))
        except Unavailable as error:
            logger.warning("%d changes wait for the database", len(group), extra={"reason": error.detail})
            self._put_back(group)
            await asyncio.sleep(_PAUSE_SECONDS)
        except Exception:
            logger.warning("%d changes were not passed on to other processes", len(group), exc_info=True)
            await asyncio.sleep(_PAUSE_SECONDS)

    def _put_back(self, group: list[tuple[str, str]]) -> None:
        """At the front, and as far as there is room: at most one group more than wait at most."""
        self._waiting = dict.fromkeys(group) | self._waiting
        self._filled.set()

    async def _pruning(self) -> None:
        while True:
            try:
                await self._database.write(lambda connection: _prune(connection, self._clock.now() - _KEPT))
            except Exception:
                logger.warning("could not forget old changes; the next round tries again", exc_info=True)
            await asyncio.sleep(_PRUNE_SECONDS)

    def _take(self, payload: str) -> None:
        position, topic, key, sender = json.loads(payload)
        self._tell(Change(position, topic, key), mine=sender == self._me)

    async def _catch_up(self) -> None:
        """Listening begins, or begins again: what was not heard meanwhile is read from the table."""
        if self._last is None:
            self._last = await self.newest()
            return
        missed = await self.since(self._last)
        if missed is None:
            self._last = await self.newest()
            self._tell(Missed(), mine=False)
        for change in missed or ():
            self._tell(change, mine=False)

    def _tell(self, change: Change | Missed, *, mine: bool) -> None:
        if isinstance(change, Change):
            if self._last is not None and change.position <= self._last:
                return  # caught up with it already
            self._last = change.position
        for heard in self._heard:
            heard(change, mine)


def _append(connection: Connection, group: Sequence[tuple[str, str]], now: datetime, sender: str) -> None:
    # A signal that a power cut takes along is no loss: nothing waits for the disk.
    connection.execute(text("SET LOCAL synchronous_commit = off"))
    connection.execute(select(func.pg_advisory_xact_lock(_ORDER)))
    rows = [{"topic": topic, "key": key, "at": now} for topic, key in group]
    insert = change_feed.insert().returning(change_feed.c.position, sort_by_parameter_order=True)
    positions = connection.execute(insert, rows).scalars().all()
    payloads = [
        {"payload": json.dumps([position, topic, key, sender])}
        for position, (topic, key) in zip(positions, group, strict=True)
    ]
    connection.execute(text(f"SELECT pg_notify('{CHANNEL}', :payload)"), payloads)


def _newest(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(change_feed.c.position), 0))).scalar_one())


def _since(connection: Connection, position: int) -> Sequence[Change] | None:
    oldest = connection.execute(select(func.coalesce(func.min(change_feed.c.position), 1))).scalar_one()
    if not oldest - 1 <= position <= _newest(connection):
        return None
    statement = select(change_feed).where(change_feed.c.position > position).order_by(change_feed.c.position)
    rows = connection.execute(statement.limit(_REPLAYED + 1)).all()
    return None if len(rows) > _REPLAYED else [Change(row.position, row.topic, row.key) for row in rows]


def _prune(connection: Connection, before: datetime) -> None:
    """The newest row stays, so that a position can always be told from one of another database."""
    newest = select(func.max(change_feed.c.position)).scalar_subquery()
    old = (change_feed.c.at < before, change_feed.c.position < newest)
    connection.execute(delete(change_feed).where(*old))
