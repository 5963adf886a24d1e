"""Brings batches of events into the database, or says which of them it does not take now."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError, StatementError

from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.db.states import is_of_a_value
from steelyard.usage.keys import EventKeys
from steelyard.usage.tables import hot
from steelyard.usage.words import Dictionary, Word
from steelyard.usage.writing import Kept, NewWord, add, add_missing, rows_of

logger = logging.getLogger(__name__)
_TRIES = 3
_PAUSE_SECONDS = 0.05
Writing = Callable[[Connection, Sequence[Kept], Dictionary], dict[Word, int]]


class Committer:
    """Writes batches. ``written`` and ``dropped`` count events; ``is_away`` is how the last try ended."""

    def __init__(self, database: Database, keys: EventKeys) -> None:
        self._database = database
        self._keys = keys
        self._dictionary = Dictionary()
        self.is_away = False
        self.written = 0
        self.dropped = 0

    async def write(self, batch: Sequence[Kept], *, again: bool = False) -> Sequence[Kept]:
        """Write a batch; returns what must be tried once more later, because the database does not work.

        ``again``: some of them may be there already. When one event holds what no column takes, the batch is halved
        until that event stands alone, which is dropped.
        """
        error = await self._try(batch, self._add_missing if again else add)
        if isinstance(error, IntegrityError) and not again:  # another process took a key in the same millisecond
            return await self.write(batch, again=True)
        if error is None:
            self.written += len(batch)
        if not _is_of_a_value(error):
            self._note(error)
            return [] if error is None else batch
        if len(batch) == 1:
            logger.error("an event is dropped: no column takes it", exc_info=error)
            self.dropped += 1
            return []
        half = len(batch) // 2
        left = await self.write(batch[:half], again=again)
        return [*left, *batch[half:]] if left else await self.write(batch[half:], again=again)

    def _add_missing(self, connection: Connection, batch: Sequence[Kept], dictionary: Dictionary) -> dict[Word, int]:
        return add_missing(connection, batch, dictionary, self._keys)

    async def _try(self, batch: Sequence[Kept], writing: Writing) -> Exception | None:
        """Try a few times what may pass, a locked or busy database; just once where it was away."""
        failure: Exception | None = None
        for attempt in range(1, (1 if self.is_away else _TRIES) + 1):
            try:
                await self._commit(batch, writing)
            except (OperationalError, OSError, Unavailable) as error:
                if isinstance(error, OperationalError) and is_of_a_value(error):
                    return error
                failure, writing = error, self._add_missing  # the connection may have broken behind its commit
                await asyncio.sleep(_PAUSE_SECONDS * attempt)
            except Exception as error:
                return error
            else:
                return None
        return failure

    async def _commit(self, batch: Sequence[Kept], writing: Writing) -> None:
        """Write them; who is told that the database is silent may rely on it that nothing is begun any more."""
        is_over = False

        def work(connection: Connection) -> dict[Word, int]:
            _require(not is_over)
            known = writing(connection, batch, self._dictionary)
            _require(not is_over)
            return known

        try:
            if writing is not add or not await self._append(batch):
                self._dictionary.keep(await self._database.write(work))
        finally:
            is_over = True

    async def _append(self, batch: Sequence[Kept]) -> bool:
        """The short way: SQLite, and no new word among them. False when it is none."""
        if self._database.kind != "sqlite":
            return False
        try:
            await self._database.append(hot, lambda: rows_of(batch, self._dictionary))
        except NewWord:
            return False
        return True

    def _note(self, error: Exception | None) -> None:
        """Say so once when the database goes and once when it is back."""
        if error is not None and not self.is_away:
            reason = error.detail if isinstance(error, Unavailable) else repr(error)
            logger.error("events wait for the database", extra={"reason": reason})
        if error is None and self.is_away:
            logger.warning("events reach the database again")
        self.is_away = error is not None


def _require(is_wanted: bool) -> None:
    """Raises OSError, which rolls back: a thread that hung in a silent database comes to itself when it is too late."""
    if not is_wanted:
        raise OSError("nobody waits for this transaction any more")


def _is_of_a_value(error: Exception | None) -> bool:
    """Whether a single event can be the cause; a broken database is not, and halving would try it many times over."""
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | InterfaceError) or is_of_a_value(error)
    return isinstance(error, StatementError | ValueError | OverflowError | TypeError)
