"""How accounts are changed: one transaction with a line in the audit log, then a word to whoever remembers them."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity.holder import ACCESS_TOPIC

T = TypeVar("T")


class Registry:
    """The database of accounts, with the clock that its moments come from."""

    def __init__(self, database: Database, clock: Clock, signals: Signals) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals

    def now(self) -> datetime:
        """The present moment."""
        return self._clock.now()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Look something up. Raises DatabaseAway."""
        return await self._database.read(work)

    async def change(self, key: str, work: Callable[[Connection, datetime], T]) -> T:
        """Change something about ``key``, and tell every process that remembers it. Raises DatabaseAway."""
        now = self._clock.now()
        done = await self._database.write(lambda connection: work(connection, now))
        self._signals.publish(ACCESS_TOPIC, key)
        return done

    async def add(self, work: Callable[[Connection, datetime], T]) -> T:
        """Write something that nobody can remember yet. Raises DatabaseAway."""
        now = self._clock.now()
        return await self._database.write(lambda connection: work(connection, now))
