"""What a Hugging Face client can ask of the depot: what a repository is, and the bytes of its files.

What is here is told and sent from the store. What is not comes in by a job, and is sent while it comes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import Connection

from steelyard.catalog import rights
from steelyard.catalog.errors import NotYours
from steelyard.catalog.models import File, FileState
from steelyard.core.recent import Recent
from steelyard.core.signals import Signals
from steelyard.db.errors import DatabaseAway
from steelyard.downloads import counting, doubts, uses
from steelyard.downloads.mirror.history import Branches, Commits, History
from steelyard.downloads.mirror.later import Later
from steelyard.downloads.mirror.models import Named, Placed, Shown
from steelyard.downloads.mirror.opening import Coming, Here, Opening
from steelyard.downloads.mirror.orders import Orders
from steelyard.downloads.mirror.placing import Placing
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.mirror.upstream import SOURCE, Upstream
from steelyard.downloads.mirror.warm import WarmShelf
from steelyard.downloads.service import DownloadService
from steelyard.downloads.tools import Tools
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role, Scope
from steelyard.jobs.worker import Worker
from steelyard.sources.protocol import RemoteFile
from steelyard.sources.registry import Sources
from steelyard.usage.recorder import Recorder

_PEEK = 2 * 1024 * 1024  # bytes at the beginning of a file that are passed through without fetching all of it
_SEEN_SECONDS = 900.0
_REMEMBERED = 10_000


class Mirror:
    """The verbs of the mirror."""

    def __init__(
        self, tools: Tools, sources: Sources, downloads: DownloadService, worker: Worker, recorder: Recorder,
        signals: Signals, settings: MirrorSettings,
    ) -> None:  # fmt: skip
        self._database = tools.database
        self._clock = tools.clock
        self._sources = sources
        self._settings = settings
        upstream, window = Upstream(sources, tools.clock, settings), timedelta(hours=settings.window_hours)
        self._placing = Placing(tools.database, upstream, tools.clock, settings)
        self._history = History(tools.database, upstream, tools.clock, settings)
        orders = Orders(tools, upstream, self._placing, downloads, worker, recorder, signals, window)
        self._signals = signals
        self._later = Later()
        self._opening = Opening(tools, orders, self._later)
        self._seen: Recent[tuple[int, int, str], float] = Recent(_REMEMBERED)

    @property
    def background(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What is to be kept running for what goes on while the database is away."""
        if self._database.kind == "sqlite":
            return {}
        return {"warm shelf": lambda: self.warm.run(self._signals), "late records": self._later.run}

    @property
    def warm(self) -> WarmShelf:
        """What goes on to be found while the database is away."""
        return self._placing.warm

    @property
    def namespaces(self) -> Sequence[str]:
        """The names before the slash that belong to the team."""
        return self._settings.namespaces

    def require_writable(self, placed: Placed, caller: Caller) -> None:
        """Raises NotYours unless somebody may push to it."""
        if placed.entry is None or placed.name.hub == SOURCE or not rights.may_change(placed.entry, caller):
            raise NotYours(f"You cannot push to {placed.name}.", hint="Push under a name of your own or of the team.")

    async def place(self, named: Named, caller: Caller, path: str | None = None) -> Placed:
        """The commit that is meant; ``path`` says which file is asked for next. Raises as ``Placing.place``."""
        return await self._placing.place(named, caller, path)

    async def show(self, named: Named, caller: Caller) -> Shown:
        """A repository with all its files. Raises as ``Placing.show``."""
        return await self._placing.show(named, caller)

    async def shown(self, placed: Placed) -> Shown:
        """The repository of a commit that was found, with all its files. Raises as ``Placing.shown``."""
        return await self._placing.shown(placed)

    async def refs(self, placed: Placed) -> Branches:
        """Its branches and tags. Raises as ``History.refs``."""
        return await self._history.refs(placed)

    async def commits(self, placed: Placed, page: int) -> Commits:
        """A page of its history, from 0. Raises as ``History.commits``."""
        return await self._history.commits(placed, page)

    async def file(self, placed: Placed, path: str) -> File:
        """One file as the hub announces it. Raises FileUnknown, and as ``show``."""
        return await self._placing.file(placed, path)

    async def open(self, placed: Placed, file: File, caller: Caller) -> Here | Coming:
        """The bytes of a file, and a record of who asked. Raises as ``Opening.open``."""
        return await self._opening.open(placed, file, caller)

    async def touch(self, placed: Placed, caller: Caller) -> None:
        """Somebody looked whether what they have is still right: that is how a client's own warm cache is used."""
        if placed.entry is None or placed.revision is None or placed.revision.completed_at is None:
            return
        key = (caller.principal.id, placed.entry.id, placed.commit)
        now, seen_at = self._clock.monotonic(), self._seen.get(key)
        if seen_at is not None and now - seen_at < _SEEN_SECONDS:
            return
        self._seen.put(key, now)
        try:
            await self._touch(key)
        except DatabaseAway:
            self._later.put(("touch", *key), lambda: self._touch(key))

    async def _touch(self, key: tuple[int, int, str]) -> None:
        await self._database.write(lambda connection: self._touched(connection, *key))

    def may_peek(self, placed: Placed, file: File, stop: int, caller: Caller) -> bool:
        """Whether a look at the beginning of a file is passed through: tools read headers of what they never load."""
        is_open = placed.document is not None and not placed.gated and not self._settings.offline
        is_hubs = placed.name.hub == SOURCE and is_open and file.state is FileState.LISTED
        return is_hubs and stop <= _PEEK < file.size // 8 and caller.access.may(Role.MEMBER, Scope.PULL)

    @asynccontextmanager
    async def passed_through(
        self, placed: Placed, file: File, start: int, stop: int
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Bytes of a file straight from the hub; nothing of them is stored. Raises what the source raises."""
        remote = RemoteFile(file.path, file.size, file.digest)
        source = self._sources.get(placed.name.hub)
        async with source.open(placed.repository, placed.commit, remote, start) as stream:
            yield _cut(stream.chunks(), start - stream.start, stop - start)

    async def is_doubted(self, file: File) -> bool:
        """Whether whoever goes on somewhere within the file must get all of it: they may hold wrong bytes. They get
        all of it while nobody knows."""
        now = self._clock.now()
        try:
            return await self._database.read(lambda connection: doubts.is_doubted(connection, file.digest, now))
        except DatabaseAway:
            return True

    def _touched(self, connection: Connection, principal: int, entry: int, commit: str) -> None:
        now = self._clock.now()
        if counting.used_lately(connection, principal, entry, commit, now):
            uses.see(connection, entry, now)
        else:
            uses.count(connection, principal, entry, commit, now)


async def _cut(chunks: AsyncIterator[bytes], skip: int, count: int) -> AsyncIterator[bytes]:
    """``count`` bytes behind the first ``skip``: some hubs cannot start in the middle."""
    async for chunk in chunks:
        piece = chunk[skip:][:count]
        skip = max(0, skip - len(chunk))
        if piece:
            count -= len(piece)
            yield piece
        if not count:
            return
