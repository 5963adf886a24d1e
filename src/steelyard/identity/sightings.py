"""When tokens, keys and sessions were last used, written behind: requests do not wait for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.identity.accounts import public_key_store, session_store, token_store

logger = logging.getLogger(__name__)
WRITE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """When each was last used, by its id."""

    tokens: Mapping[str, datetime]
    keys: Mapping[str, datetime]
    sessions: Mapping[str, datetime]


class Sightings:
    """Collects, and writes once a minute, so each row is written once a minute at most."""

    def __init__(self, database: Database, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._database = database
        self._sleep = sleep
        self._tokens: dict[str, datetime] = {}
        self._keys: dict[str, datetime] = {}
        self._sessions: dict[str, datetime] = {}

    def token(self, token_id: str, now: datetime) -> None:
        """A token was used."""
        self._tokens[token_id] = now

    def key(self, key_id: str, now: datetime) -> None:
        """Somebody signed with a key."""
        self._keys[key_id] = now

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
        seen = _Seen(self._tokens, self._keys, self._sessions)
        self._tokens, self._keys, self._sessions = {}, {}, {}
        if not any((seen.tokens, seen.keys, seen.sessions)):
            return
        try:
            await self._database.write(lambda connection: _touch(connection, seen))
        except DatabaseAway:
            logger.warning("the database is away; when tokens were last used is written later")
            self._tokens = {**seen.tokens, **self._tokens}
            self._keys = {**seen.keys, **self._keys}
            self._sessions = {**seen.sessions, **self._sessions}


def _touch(connection: Connection, seen: _Seen) -> None:
    if seen.tokens:
        token_store.touch(connection, seen.tokens)
    if seen.keys:
        public_key_store.touch(connection, seen.keys)
    if seen.sessions:
        session_store.touch(connection, seen.sessions)
