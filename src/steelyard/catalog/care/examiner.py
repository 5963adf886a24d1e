"""Reads suspects for one job, one after the other, and writes down at once what they turned out to be."""

import asyncio
from dataclasses import replace

from sqlalchemy import Connection

from steelyard.catalog import blobs, store
from steelyard.catalog.blobs import Holder
from steelyard.catalog.care.errors import StoreNotThere
from steelyard.catalog.care.guard import Ground, is_still
from steelyard.catalog.care.losses import take_down
from steelyard.catalog.care.tools import CareTools
from steelyard.catalog.care.wrong import Suspect, put_aside
from steelyard.core.digest import Digest
from steelyard.core.ids import catalog_id
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.jobs.errors import GiveWay
from steelyard.jobs.models import Progress
from steelyard.storage.examine import Examined, examine
from steelyard.storage.fingerprint import Fingerprint, fingerprint

_FLUSH_COUNT = 64
_FLUSH_BYTES = 64 * 1024 * 1024
_RETURN_SECONDS = 1.0  # a folder leaves the trash by one rename


class Examiner:
    """The state of one attempt. ``total`` and ``done`` are bytes, for the job's progress."""

    def __init__(self, tools: CareTools, context: JobContext, ground: Ground, total: int, done: int = 0) -> None:
        self._tools = tools
        self._context = context
        self._ground = ground
        self._total = total
        self._done = done
        self._before = done
        self._began = tools.clock.monotonic()
        self._current: str | None = None
        self._sealed: dict[int, dict[Digest, Fingerprint]] = {}
        self._unwritten = 0
        context.follow(self._progress)

    async def examine(self, suspect: Suspect, *, seal: bool = True) -> bool:
        """Whether it is right; then it is sealed. What is not right is off the shelf when this returns.

        Raises StoreNotThere where nobody can tell, LeaseLost, and GiveWay when more urgent work waits.
        """
        self._current = suspect.path
        counted = self._done
        examined = await self._read(suspect)
        if examined.file is None and await self._is_on_its_way(suspect):
            await asyncio.sleep(_RETURN_SECONDS)
            suspect = await self._where_it_is(suspect)
            examined = await self._read(suspect)
        self._done = counted + suspect.size
        if examined.right and examined.file is not None and seal:
            self._sealed.setdefault(suspect.entry, {})[suspect.digest] = examined.file
            self._unwritten += suspect.size
        elif not examined.right:
            await self._lose(suspect, examined)
        if self._unwritten >= _FLUSH_BYTES or len(self._sealed.get(suspect.entry, ())) >= _FLUSH_COUNT:
            await self.flush()
        return examined.right

    async def flush(self) -> None:
        """Write down which were right. Raises GiveWay when more urgent work waits: what is done counts."""
        sealed, self._sealed, self._unwritten = self._sealed, {}, 0
        now, priority = self._tools.clock.now(), self._context.job.priority

        def write(connection: Connection) -> bool:
            for entry, found in sealed.items():
                blobs.seal(connection, entry, found, now)
            return jobs.is_outranked(connection, priority, now)

        is_outranked = await self._context.write(write) if sealed else False
        if is_outranked:
            raise GiveWay(self._context.job.id)

    async def _read(self, suspect: Suspect) -> Examined:
        place = self._tools.storage.layout.root / suspect.place
        try:
            return await self._tools.run(lambda: examine(place, suspect.digest, suspect.size, self._moved))
        except OSError as error:
            raise StoreNotThere(
                f"{suspect.path} of {suspect.name} cannot be read ({error.strerror}); it was not judged.",
                hint="Look at the disk and at the rights of the store's files, then try again.",
            ) from error

    async def _lose(self, suspect: Suspect, examined: Examined) -> None:
        if examined.file is None and not await is_still(self._tools, self._ground):
            raise StoreNotThere("The store went away; nothing more was judged.", hint="Mount the disk and try again.")
        same = await self._same_file(suspect, examined.file)
        losses = [one.loss(examined.file) for one in same]
        job, now, seen = self._context.job.id, self._tools.clock.now(), examined.file
        await self._context.write(lambda connection: take_down(connection, losses, job, now))
        if seen is not None:
            await self._tools.run(lambda: put_aside(self._tools.storage, same, seen))

    async def _same_file(self, suspect: Suspect, seen: Fingerprint | None) -> list[Suspect]:
        """The suspect, and every other entry that has the very same file."""
        if seen is None:
            return [suspect]
        digests = [suspect.digest]
        held = await self._context.read(lambda connection: blobs.holders(connection, digests, suspect.state))
        others = [_suspect(holder, suspect) for holder in held.get(suspect.digest, ()) if holder.entry != suspect.entry]
        root = self._tools.storage.layout.root
        return [
            suspect,
            *await self._tools.run(lambda: [one for one in others if fingerprint(root / one.place) == seen]),
        ]

    async def _is_on_its_way(self, suspect: Suspect) -> bool:
        """Whether its folder is on its way out of the trash, or from one shelf to the other."""
        place = self._tools.storage.layout.trash / catalog_id(suspect.entry)
        return await self._where_it_is(suspect) != suspect or await self._tools.run(place.is_dir)

    async def _where_it_is(self, suspect: Suspect) -> Suspect:
        """On the shelf where it is by now."""
        entry = await self._context.read(lambda connection: store.get(connection, suspect.entry))
        return suspect if entry is None else replace(suspect, private=entry.private)

    def _moved(self, size: int) -> None:
        self._context.check()
        self._done += size

    def _progress(self) -> Progress:
        passed = self._tools.clock.monotonic() - self._began
        speed = round((self._done - self._before) / passed, 1) if passed > 0 else None
        return Progress(min(self._done, self._total), self._total, speed, self._current)


def _suspect(holder: Holder, like: Suspect) -> Suspect:
    return replace(like, entry=holder.entry, name=holder.name, private=holder.private)
