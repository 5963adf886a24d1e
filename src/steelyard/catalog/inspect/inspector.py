"""Reads what the files of a revision tell and writes it down: after a download, after an import, and for revisions that
an earlier version of the depot brought."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from steelyard.catalog import revisions, store
from steelyard.catalog.facts import RevisionFacts
from steelyard.catalog.inspect.reading import read_heads
from steelyard.catalog.inspect.summary import summarize
from steelyard.catalog.models import Entry, File, FileState
from steelyard.catalog.pickles import store as pickles
from steelyard.catalog.pickles.verdict import Standing, problem_of
from steelyard.catalog.service import refresh_status
from steelyard.catalog.status import is_pickle
from steelyard.core.clock import Clock
from steelyard.core.digest import Digest
from steelyard.db.database import Database
from steelyard.storage.disk import DiskStorage

logger = logging.getLogger(__name__)
_ROUND_SECONDS = 3600.0
RunInThread = Callable[[Callable[[], RevisionFacts]], Awaitable[RevisionFacts]]


class Inspector:
    """Facts of revisions. ``in_thread`` takes the work that reads bytes to a thread."""

    def __init__(self, database: Database, storage: DiskStorage, clock: Clock, in_thread: RunInThread) -> None:
        self._database = database
        self._storage = storage
        self._clock = clock
        self._in_thread = in_thread

    async def run(self) -> None:
        """Look for revisions that nobody has read yet, now and then, until cancelled."""
        while True:
            await self.catch_up()
            await asyncio.sleep(_ROUND_SECONDS)

    async def catch_up(self) -> int:
        """Read the complete revisions that nobody has read yet; returns how many there were."""
        waiting = await self._database.read(revisions.uninspected)
        for revision in waiting:
            await self.inspect(revision)
        if waiting:
            logger.info("read the files of revisions from before", extra={"revisions": len(waiting)})
        return len(waiting)

    async def inspect(self, revision: int) -> RevisionFacts:
        """Read the heads of a revision's stored files; facts and the entry's columns change in one transaction.

        A broken header raises nothing: it is a problem of the revision, as a file that may run code is. Raises what
        database and ``in_thread`` raise.
        """
        subject = await self._database.read(lambda connection: _subject(connection, revision))
        if subject is None:
            return RevisionFacts()
        entry, files, known = subject
        read = await self._in_thread(lambda: _look(self._storage, entry, files))
        facts = replace(read, problems=(*read.problems, *_dangers(files, known)))
        now = self._clock.now()

        def record(connection: Connection) -> None:
            revisions.set_facts(connection, revision, facts, now)
            refresh_status(connection, entry.id)

        await self._database.write(record)
        if read.problems:
            logger.warning("%s has files that are not what they say", entry.name, extra={"problems": read.problems[:3]})
        return facts


def _subject(connection: Connection, revision: int) -> tuple[Entry, list[File], Mapping[Digest, Standing]] | None:
    found = revisions.entry_of(connection, revision)
    entry = store.get(connection, found[0]) if found is not None else None
    if entry is None:
        return None
    files = revisions.list_files(connection, revision)
    return entry, files, pickles.standings(connection, [file.digest for file in files if _may_run_code(file)])


def _may_run_code(file: File) -> bool:
    return file.state is not FileState.LISTED and (file.state is FileState.QUARANTINED or is_pickle(file.path))


def _dangers(files: list[File], known: Mapping[Digest, Standing]) -> list[str]:
    lines = (problem_of(file, known.get(file.digest)) for file in files if _may_run_code(file))
    return [line for line in lines if line is not None]


def _look(storage: DiskStorage, entry: Entry, files: list[File]) -> RevisionFacts:
    return summarize(files, read_heads(storage, entry.folder, files))
