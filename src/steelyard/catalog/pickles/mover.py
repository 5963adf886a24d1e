"""Lets an entry's pickle files lie where their standings say: shown, or in quarantine.

What is known about a blob changes first, in one transaction; the files follow it, and the rows that say where they are.
A file is shown before its row says so and hidden after it, so whoever reads the row finds the file; what a crash leaves
undone the next round does.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from steelyard.catalog import blobs, trash_store
from steelyard.catalog.models import FileState
from steelyard.catalog.pickles import store
from steelyard.catalog.pickles.plan import Plan, blobs_of, plan_of
from steelyard.catalog.service import refresh_status
from steelyard.core.clock import Clock
from steelyard.core.digest import Digest
from steelyard.db.database import Database
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.layout import RepoFolder
from steelyard.storage.quarantine import Quarantine

T = TypeVar("T")


class InThread(Protocol):
    """Takes work that touches the disk to a thread."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Raises what the work raises."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An entry on the shelf and its folder, what its files must do, and what they looked like when their hashes were
    right."""

    key: int
    folder: RepoFolder
    plan: Plan
    seals: dict[Digest, Fingerprint]


class Mover:
    """The effects on one store and the tables."""

    def __init__(self, database: Database, storage: DiskStorage, clock: Clock, in_thread: InThread) -> None:
        self._database = database
        self._storage = storage
        self._clock = clock
        self._in_thread = in_thread
        self.quarantine = Quarantine(storage)

    async def settle(self, entry: int) -> set[int]:
        """Move an entry's files to where they belong; returns the revisions of which some moved. Raises OSError."""
        subject = await self._database.read(lambda connection: _subject(connection, entry))
        if subject is None:
            return set()
        found: dict[Digest, Fingerprint] = {}
        held: set[Digest] = set()
        await self._in_thread(lambda: self._prepare(subject, found, held))
        done, unneeded = await self._database.write(
            lambda connection: _record(connection, subject, found, held, self._clock.now())
        )
        await self._in_thread(lambda: self._clear(subject, done, unneeded))
        for digest in blobs_of(done.release):
            await self.discard(digest, entry)
        return {one.revision for one in (*done.release, *done.withdraw)}

    async def discard(self, digest: Digest, entry: int = 0) -> None:
        """Take a blob that is shown out of quarantine, unless another entry needs it there."""
        taken = await self._in_thread(lambda: self.quarantine.take_away(digest))
        if taken is None:
            return
        if await self._database.read(lambda c: bool(trash_store.needed_by_others(c, entry, [digest]))):
            await self._in_thread(lambda: self.quarantine.put_back(taken, digest))
        else:
            await self._in_thread(lambda: self.quarantine.discard(taken))

    def _prepare(self, subject: Subject, found: dict[Digest, Fingerprint], held: set[Digest]) -> None:
        """In a thread: what shall be shown is shown, what shall wait lies in quarantine."""
        folder, seals = subject.folder, subject.seals
        for digest, size in blobs_of(subject.plan.release).items():
            file = self.quarantine.release(folder, digest, size, seals.get(digest))
            if file is not None:
                found[digest] = file
        shown = [one for one in subject.plan.release if one.file.digest in found]
        for one in shown:
            self._storage.show(folder, one.commit, one.file.path, one.file.digest)
        for commit in {one.commit for one in shown}:
            self._storage.sync_folders(folder, commit, [one.file.path for one in shown if one.commit == commit])
        for digest, size in blobs_of(subject.plan.withdraw).items():
            if self.quarantine.hold(folder, digest, size, seals.get(digest)):
                held.add(digest)

    def _clear(self, subject: Subject, done: Plan, unneeded: set[Digest]) -> None:
        """In a thread: nobody sees what the rows do not say is shown, also where a crash or another process left it."""
        hidden = (*done.withdraw, *done.held)
        for one in hidden:
            self.quarantine.hide(subject.folder, one.commit, one.file.path, one.file.digest)
        for digest in unneeded:
            self.quarantine.drop(subject.folder, digest)


def _subject(connection: Connection, entry: int) -> Subject | None:
    folder = store.folder_of(connection, entry)
    if folder is None:
        return None
    names = store.of_entry(connection, entry)
    known = store.standings(connection, blobs_of(names))
    seals = blobs.seals_of(connection, [entry])[entry]
    return Subject(entry, folder, plan_of(names, known), {digest: seal.file for digest, seal in seals.items()})


def _record(
    connection: Connection, subject: Subject, found: dict[Digest, Fingerprint], held: set[Digest], now: datetime
) -> tuple[Plan, set[Digest]]:
    """What is still so now, after the files moved; and the blobs that the entry's folder need not have any more.

    A name that could not be released, or need not be any more, stays held; a blob that is gone waits for a scan to
    find that.
    """
    wanted = subject.plan
    passing = store.passing(connection, blobs_of((*wanted.release, *wanted.withdraw)))
    is_there = store.folder_of(connection, subject.key) is not None
    release = [one for one in wanted.release if is_there and one.file.digest in found and one.file.digest in passing]
    withdraw = [one for one in wanted.withdraw if one.file.digest not in passing]
    released = tuple(one for one in release if store.move(connection, one, FileState.STORED))
    withdrawn = tuple(one for one in withdraw if store.move(connection, one, FileState.QUARANTINED))
    sealed = {digest: file for digest, file in found.items() if digest in blobs_of(released)}
    blobs.seal(connection, subject.key, sealed, now)
    left = {one.file.digest for one in (*withdrawn, *(one for one in wanted.release if one not in released))}
    unneeded = {digest for digest in left if not store.shown_in_folder(connection, subject.folder, digest)}
    blobs.unseal(connection, subject.key, unneeded & set(blobs_of(withdrawn)))
    if released or withdrawn:
        refresh_status(connection, subject.key)
    kept = tuple(one for one in wanted.release if one not in released)
    return Plan(released, withdrawn, (*wanted.held, *kept)), unneeded & (held | set(found))
