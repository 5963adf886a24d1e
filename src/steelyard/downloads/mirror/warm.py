"""What the tables said of models that were asked for lately, for while the database is away.

A model that somebody asked for is read whole in the background: its commit, its files and where their bytes lie. Every
change that some process tells of makes it doubtful until it is read again, so that what was taken back stays away.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from steelyard.catalog import blobs, revisions, rights
from steelyard.catalog.models import MODEL_TOPIC, TRASH_TOPIC, File
from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.core.signals import CLOSING_KEY, Signals
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.downloads.mirror.known import find_known, place_known
from steelyard.downloads.mirror.models import Named, Placed, Sealed
from steelyard.identity.principal import EVERYTHING, Caller, Principal, PrincipalKind
from steelyard.identity.remembered import FRESH_SECONDS, STALE_SECONDS
from steelyard.identity.tables import NO_ROW

_MANY = 1000
_LISTED = 100_000  # files of all of them; one takes 0.5 kB
_LISTEN_SECONDS = 3600.0
_PAUSE_SECONDS = 1.0
_ANYBODY = Caller(Principal(NO_ROW, PrincipalKind.ADDRESS, "", ""), "", "", EVERYTHING)  # sees all there is


@dataclass(slots=True)
class _Kept:
    """``meant`` is what it is called in the tables. ``is_doubted``: it may have changed since it was read."""

    meant: Named
    asked_at: float
    read_at: float = float("-inf")
    is_doubted: bool = True
    placed: Placed | None = None
    files: Mapping[str, Sealed] = field(default_factory=dict)

    def is_of(self, key: str) -> bool:
        """Whether a signal with this key may be about it."""
        entry = self.placed.entry if self.placed else None
        return entry is None or key in {CLOSING_KEY, str(entry.id), str(entry.name)}


class WarmShelf:
    """Models by the names that clients used. ``run`` must be running for anything to be kept."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._kept: dict[Named, _Kept] = {}
        self._wanted: dict[Named, None] = {}
        self._filled = asyncio.Event()
        self._is_of_use = database.kind != "sqlite"  # a file is never away

    def see(self, named: Named, placed: Placed) -> None:
        """Somebody asked for this, and may have it."""
        if placed.entry is None or not self._is_of_use:
            return
        now = self._clock.monotonic()
        kept = self._kept.pop(named, None) or _Kept(Named(placed.repository, named.revision), now)
        kept.asked_at = now
        self._kept[named] = kept
        if now - kept.read_at >= FRESH_SECONDS:
            self._want(named)

    @property
    def is_settled(self) -> bool:
        """Whether all that was asked for is kept."""
        return not self._wanted

    def placed(self, named: Named, caller: Caller, path: str | None) -> Placed | None:
        """What was found of it within the last ten minutes, is not known to have changed, and is the caller's to
        see."""
        kept = self._kept.get(named)
        placed = None if kept is None or not self._is_good(kept) else kept.placed
        if kept is None or placed is None or placed.entry is None or not rights.may_see(placed.entry, caller):
            return None
        return placed if path is None else replace(placed, asked=kept.files.get(path))

    def files(self, placed: Placed) -> list[File] | None:
        """The files of what ``placed`` gave, by path."""
        revision = placed.revision
        for kept in self._kept.values():
            if kept.placed is not None and revision is not None and kept.placed.revision == revision:
                return [sealed.file for sealed in kept.files.values()]
        return None

    async def run(self, signals: Signals) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear(signals))
            group.create_task(self._read_wanted())

    def _is_good(self, kept: _Kept) -> bool:
        return not kept.is_doubted and self._clock.monotonic() - kept.read_at < STALE_SECONDS

    def _want(self, named: Named) -> None:
        self._wanted[named] = None
        self._filled.set()

    async def _hear(self, signals: Signals) -> None:
        with signals.listen(MODEL_TOPIC, TRASH_TOPIC) as listener:
            self._doubt(CLOSING_KEY)
            while True:
                signal = await listener.wait(_LISTEN_SECONDS)
                if signal is not None:
                    self._doubt(CLOSING_KEY if listener.overflowed else signal.key)
                    listener.overflowed = False

    def _doubt(self, key: str) -> None:
        """Something changed. What nobody asked for lately is let go, the rest is read again."""
        since = self._clock.monotonic() - STALE_SECONDS
        for named, kept in list(self._kept.items()):
            if kept.is_of(key):
                kept.is_doubted = True
                if kept.asked_at < since:
                    del self._kept[named]
                else:
                    self._want(named)

    async def _read_wanted(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            with suppress(DatabaseAway):
                for named in list(self._wanted):
                    if await self._read(named):
                        del self._wanted[named]
            if self._wanted:
                self._filled.set()
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _read(self, named: Named) -> bool:
        """Whether it is as the tables have it now. Raises DatabaseAway."""
        kept = self._kept.get(named)
        if kept is None:
            return True
        kept.is_doubted, was, now = False, kept.is_doubted, self._clock.monotonic()
        try:
            found = await self._database.read(lambda connection: _whole(connection, kept.meant))
        except DatabaseAway:
            kept.is_doubted = kept.is_doubted or was
            raise
        except SteelyardError:
            found = None
        if found is None:
            self._kept.pop(named, None)
            return True
        kept.placed, kept.files = found
        kept.read_at = now
        self._make_room()
        return not kept.is_doubted  # something changed meanwhile

    def _make_room(self) -> None:
        listed = sum(len(kept.files) for kept in self._kept.values())
        while self._kept and (len(self._kept) > _MANY or listed > _LISTED):
            listed -= len(self._kept.pop(next(iter(self._kept))).files)


def _whole(connection: Connection, named: Named) -> tuple[Placed, Mapping[str, Sealed]] | None:
    """The best of what is here, as while the hub cannot be asked. Raises as ``find_known``."""
    known = find_known(connection, named, _ANYBODY)
    placed = place_known(connection, known, known.commit) if known.entry and known.commit else None
    if (placed is None or placed.revision is None) and known.entry and known.fallback:
        placed = replace(place_known(connection, known, known.fallback.commit), revision=known.fallback)
    if placed is None or placed.entry is None or placed.revision is None:
        return None
    seals = blobs.seals_of(connection, [placed.entry.id])[placed.entry.id]
    listed = revisions.list_files(connection, placed.revision.id)
    return placed, {file.path: Sealed(file, seals.get(file.digest)) for file in listed}
