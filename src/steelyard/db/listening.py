"""One connection that hears PostgreSQL's NOTIFY, and is opened again whenever it breaks.

Imports psycopg: only a depot on PostgreSQL loads this module.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from steelyard.db.errors import DatabaseAway
from steelyard.db.postgres import NO_FROZEN_LOCKS, patience_of

logger = logging.getLogger(__name__)
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
Hear = Callable[[str], None]
CatchUp = Callable[[], Awaitable[None]]


def connect_parameters(engine: Engine) -> dict[str, Any]:
    """What psycopg needs to connect as the engine does."""
    _, parameters = engine.dialect.create_connect_args(engine.url)
    return patience_of(engine.url) | {name: value for name, value in parameters.items() if name != "context"}


async def connect(parameters: dict[str, Any]) -> psycopg.AsyncConnection[Any]:
    """A connection on which every statement stands for itself. Raises psycopg.Error."""
    connection = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
    try:
        await connection.execute(NO_FROZEN_LOCKS)
    except BaseException:  # cancelled: nobody else would ever close it
        await connection.close()
        raise
    return connection


class NotificationLine:
    """Hears channels. Who listens gives two functions: one for each payload, one for after a gap."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._parameters = parameters
        self._channels: dict[str, tuple[Hear, CatchUp]] = {}

    def hear(self, channel: str, hear: Hear, catch_up: CatchUp) -> None:
        """Listen to a channel from the next connection on. ``catch_up`` runs each time listening has begun."""
        self._channels[channel] = (hear, catch_up)

    async def run(self) -> None:
        """Listen until cancelled; a connection that breaks is opened again, after growing pauses."""
        pause = _FIRST_PAUSE
        while True:
            try:
                async with await connect(self._parameters) as connection:
                    await self._begin(connection)
                    pause = _FIRST_PAUSE
                    await self._listen(connection)
            except (psycopg.Error, OSError, DatabaseAway) as error:
                logger.warning("listening to the database broke off", extra={"reason": type(error).__name__})
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _begin(self, connection: psycopg.AsyncConnection[Any]) -> None:
        for channel in self._channels:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        for _, catch_up in self._channels.values():
            await catch_up()

    async def _listen(self, connection: psycopg.AsyncConnection[Any]) -> None:
        async for notice in connection.notifies():
            hear, _ = self._channels[notice.channel]
            hear(notice.payload)
