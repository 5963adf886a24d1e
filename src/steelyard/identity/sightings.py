"""When tokens and sessions were last used, written behind: requests do not wait for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.identity.accounts import session_store, token_store

logger = logging.getLogger(__name__)
WRITE_SECONDS = 60.0


class Sightings:
    """Collects, and writes once a minute, so each row is written once a minute at most."""

    def __init__(self, database: Database, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._database = database
        self._sleep = sleep
        self._tokens: dict[str, datetime] = {}
        self._sessions: dict[str, datetime] = {}

    def token(self, token_id: str, now: datetime) -> None:
        """A token was used."""
        self._tokens[token_id] = now

    def session(self, session_id: str, now: datetime) -> None:
        """A session was seen."""
        self._sessions[session_id] = now

    async def run(self) -> None:
        """Write until cancelled, and once more then."""
        try:
            while True:
                await self._sleep(WRITE_SECONDS)
                await self.write()
        finally:
            await self.write()

    async def write(self) -> None:
        """Write what was collected. What a database that is away does not take is kept for the next time."""
        tokens, self._tokens = self._tokens, {}
        sessions, self._sessions = self._sessions, {}
        if not tokens and not sessions:
            return
        try:
            await self._database.write(lambda connection: _touch(connection, tokens, sessions))
        except DatabaseAway:
            logger.warning("the database is away; when tokens were last used is written later")
            self._tokens = {**tokens, **self._tokens}
            self._sessions = {**sessions, **self._sessions}


def _touch(connection: Connection, tokens: dict[str, datetime], sessions: dict[str, datetime]) -> None:
    if tokens:
        token_store.touch(connection, tokens)
    if sessions:
        session_store.touch(connection, sessions)
