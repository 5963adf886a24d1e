"""The bytes of a file: from the store, or as they come in."""

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from steelyard.catalog import blobs, revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry, File, FileState
from steelyard.catalog.service import refresh_status
from steelyard.catalog.sight import is_there
from steelyard.db.errors import DatabaseAway
from steelyard.downloads.mirror.errors import held, stopped
from steelyard.downloads.mirror.later import Later
from steelyard.downloads.mirror.models import Placed
from steelyard.downloads.mirror.orders import Orders
from steelyard.downloads.mirror.stream import Incoming
from steelyard.downloads.tools import Tools
from steelyard.identity.gate import NotAllowed
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role, Scope
from steelyard.jobs import store as jobs
from steelyard.jobs.models import JobStatus


@dataclass(frozen=True, slots=True)
class Here:
    """A file that lies in the store, verified."""

    path: Path


@dataclass(frozen=True, slots=True)
class Coming:
    """A file that is coming in; ``stream`` is to be closed."""

    stream: Incoming


class Opening:
    """Finds the bytes of files, and has those brought that are not here."""

    def __init__(self, tools: Tools, orders: Orders, later: Later) -> None:
        self._tools = tools
        self._database = tools.database
        self._orders = orders
        self._later = later

    async def open(self, placed: Placed, file: File, caller: Caller) -> Here | Coming:
        """The bytes of a file, and a record of who asked. Raises NotAllowed, WaitsForApproval, FileHeld, FetchStopped,
        and what a request for a download raises."""
        if file.state is FileState.QUARANTINED:
            raise held(str(placed.name), file.path)
        path = await self._path(placed, file)
        if path is None:
            return await self._coming(placed, replace(file, state=FileState.LISTED), caller)
        if not self._orders.is_recorded(placed, caller):
            await self._record(placed, file, caller)
        return Here(path)

    async def _record(self, placed: Placed, file: File, caller: Caller) -> None:
        """Write down who gets a file that is here: when the database is back, if it is away. Raises DatabaseAway where
        the rest of the revision is not here, because it may have to be approved."""
        try:
            await self._orders.order(placed, file, caller)
        except DatabaseAway:
            entry, revision = placed.entry, placed.revision
            if entry is None or revision is None or revision.completed_at is None:
                raise
            who = ("pull", caller.principal.id, entry.id, placed.commit)
            self._later.put(who, lambda: self._orders.order(placed, file, caller))

    async def _path(self, placed: Placed, file: File) -> Path | None:
        """Where a file lies that is here; one that somebody took away or changed no longer is. Raises StoreAway."""
        entry, revision = placed.entry, placed.revision
        if file.state is not FileState.STORED or entry is None or revision is None:
            return None
        if placed.asked is not None and placed.asked.file is file:
            seal = placed.asked.seal
        else:
            seal = await self._database.read(lambda connection: blobs.seal_of(connection, entry.id, file.digest))
        seals, storage = {file.digest: seal} if seal else {}, self._tools.storage
        if await self._tools.look(lambda: is_there(storage, entry.folder, placed.commit, file, seals)):
            return storage.layout.snapshot(entry.folder, placed.commit, file.path)
        await self._tools.require_store()
        await self._database.write(lambda connection: _lost(connection, entry, revision.id, file.path))
        return None

    async def _coming(self, placed: Placed, file: File, caller: Caller) -> Coming:
        if not caller.access.may(Role.MEMBER, Scope.PULL):
            raise NotAllowed(
                f"{placed.name} is not here yet, and bringing it takes the role 'member'.",
                hint=f"Ask a member: steelyard pull {placed.name}",
            )
        self._orders.require_online(placed)
        serving = (await self._orders.order(placed, file, caller)).job

        async def published() -> Path | None:
            return await self._published(placed, file)

        async def check() -> None:
            nonlocal serving
            if serving is not None and await self._has_missed_it(placed, file, serving.id):
                serving = (await self._orders.order(placed, file, caller)).job

        closed = await self._database.read(lambda connection: blobs.is_closed(connection, file.digest, placed.name))
        part = None if closed else self._tools.storage.layout.part(file.digest)
        return Coming(Incoming(file, part, published, check, self._tools.clock))

    async def _published(self, placed: Placed, file: File) -> Path | None:
        """Where a file lies that has come in by now."""
        found = await self._database.read(lambda connection: _state(connection, placed, file.path))
        if found is None or found[1] is not FileState.STORED:
            return None
        return self._tools.storage.layout.snapshot(found[0].folder, placed.commit, file.path)

    async def _has_missed_it(self, placed: Placed, file: File, job_id: str) -> bool:
        """Whether the job ended just before it heard of the file. Raises FetchStopped, and FileHeld, when it will not
        bring it."""
        job = await self._database.read(lambda connection: jobs.get(connection, job_id))
        if job is not None and (job.status is JobStatus.RUNNING or (job.status is JobStatus.QUEUED and not job.fault)):
            return False
        if job is None or job.status is not JobStatus.SUCCEEDED:
            raise stopped(job.fault if job else None, file.path)
        found = await self._database.read(lambda connection: _state(connection, placed, file.path))
        if found is not None and found[1] is FileState.QUARANTINED:
            raise held(str(placed.name), file.path)
        return found is None or found[1] is FileState.LISTED


def _state(connection: Connection, placed: Placed, path: str) -> tuple[Entry, FileState | None] | None:
    """A file as the table has it now, and its entry."""
    entry = catalog.find(connection, placed.name)
    revision = revisions.find(connection, entry.id, placed.commit) if entry else None
    if entry is None or revision is None:
        return None
    return entry, revisions.state_of(connection, revision.id, path)


def _lost(connection: Connection, entry: Entry, revision: int, path: str) -> None:
    revisions.mark_files(connection, revision, [path], FileState.LISTED)
    revisions.reopen(connection, revision)
    refresh_status(connection, entry.id)
