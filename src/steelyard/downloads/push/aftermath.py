"""After a commit: what can run code is scanned, what the files tell is read, and the pages hear of it.

Whoever pushed waits for that a moment only; it goes on when it takes longer, and the rounds of the house do it when the
process ends before.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from steelyard.catalog import revisions
from steelyard.catalog.models import MODEL_TOPIC, FileState
from steelyard.core.signals import Signals
from steelyard.downloads.tools import Tools

logger = logging.getLogger(__name__)
_PATIENCE_SECONDS = 5.0
Look = Callable[[int], Awaitable[object]]


class Aftermath:
    """``admit`` scans a revision's files in quarantine, ``inspect`` reads what its files tell."""

    def __init__(self, tools: Tools, admit: Look, inspect: Look, signals: Signals) -> None:
        self._tools = tools
        self._looks = (admit, inspect)
        self._signals = signals
        self._tasks: set[asyncio.Task[None]] = set()

    async def of(self, entry: int, revision: int) -> list[str]:
        """The paths that wait in quarantine after a moment."""
        task = asyncio.create_task(self._look(entry, revision))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
        files = await self._tools.database.read(lambda connection: revisions.list_files(connection, revision))
        return [file.path for file in files if file.state is FileState.QUARANTINED]

    async def close(self) -> None:
        """Call off what is still under way: the next start takes it up."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, entry: int, revision: int) -> None:
        try:
            for look in self._looks:
                await look(revision)
        except Exception:
            logger.exception("could not look at what was pushed; the next round tries again")
        self._signals.publish(MODEL_TOPIC, str(entry))
