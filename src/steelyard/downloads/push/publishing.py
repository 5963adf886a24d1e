"""Brings the blobs of a commit into its repository's folder: from there, from another model, or as they were sent."""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.catalog import blobs as seals
from steelyard.catalog.care.losses import take_down
from steelyard.catalog.care.wrong import put_all_aside
from steelyard.catalog.models import Entry, File, FileState
from steelyard.catalog.pickles.store import passing
from steelyard.core.digest import Digest
from steelyard.downloads.plan import Blob, blobs_of
from steelyard.downloads.push.errors import BadCommit
from steelyard.downloads.push.room import full_disk
from steelyard.downloads.reuse import Holders, Learned, Reuse, Taken
from steelyard.downloads.tools import Tools
from steelyard.storage.examine import examine
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.staging import Staging


@dataclass(frozen=True, slots=True)
class Published:
    """A blob that is in its place."""

    blob: Blob
    taken: Taken


class Publisher:
    """The effects of one commit on one store. What may run code waits in quarantine until it was scanned."""

    def __init__(self, tools: Tools, staging: Staging) -> None:
        self._tools = tools
        self._storage = tools.storage
        self._staging = staging

    async def publish(self, entry: Entry, commit: str, files: Sequence[File]) -> list[Published]:
        """Every blob of a commit is in its place, shown by its snapshot and on the disk when this returns.

        Raises BadCommit for one that nobody has sent, NoRoom.
        """
        blobs = [_missing(blob) for blob in blobs_of(files)]
        reuse, passed = await self._reusing(entry, blobs)
        with full_disk():
            published = await self._tools.run(
                lambda: [self._bring(entry, commit, blob, reuse, passed) for blob in blobs]
            )
            await self._learn(reuse.learned)
            found = [Published(blob, taken) for blob, taken in published if taken is not None]
            if len(found) < len(blobs):
                absent = next(blob for blob, taken in published if taken is None)
                raise BadCommit(
                    f"The bytes of {absent.paths[0]!r} are not here.", hint="Push again: they are sent with it then."
                )
            paths = [path for one in found for path in one.blob.paths]
            await self._tools.run(lambda: self._storage.sync_folders(entry.folder, commit, paths))
        return found

    def withdraw(self, entry: Entry, commit: str) -> None:
        """In a thread: a commit that never came to be is shown nowhere. Its blobs stay: others may share them."""
        for folder in (entry.folder, entry.folder.elsewhere):
            shutil.rmtree(self._storage.layout.repository(folder) / "snapshots" / commit, ignore_errors=True)

    async def _reusing(self, entry: Entry, blobs: Sequence[Blob]) -> tuple[Reuse, set[Digest]]:
        wanted = [blob.digest for blob in blobs]
        pickles = [blob.digest for blob in blobs if blob.is_pickle]

        def read(connection: Connection) -> tuple[Holders, set[Digest], set[Digest]]:
            holders = seals.takable(connection, wanted, entry.id)
            return holders, passing(connection, pickles), seals.withheld(connection, pickles, entry.id)

        holders, passed, closed = await self._tools.database.read(read)
        reuse = Reuse(
            self._storage, entry.id, entry.name, holders, _go_on, self._tools.require_room, passed, closed,
            private=entry.private,
        )  # fmt: skip
        return reuse, passed

    def _bring(
        self, entry: Entry, commit: str, blob: Blob, reuse: Reuse, passed: Collection[Digest]
    ) -> tuple[Blob, Taken | None]:
        """In a thread."""
        waits = blob.is_pickle and blob.digest not in passed
        taken = reuse.take(blob) or self._as_sent(entry, blob, waits=waits)
        if taken is None and waits:
            taken = self._from_shelf(entry, blob)
        if taken is not None and taken.state is FileState.STORED:
            for path in blob.paths:
                self._storage.show(entry.folder, commit, path, blob.digest)
        return blob, taken

    def _as_sent(self, entry: Entry, blob: Blob, *, waits: bool) -> Taken | None:
        if not self._staging.holds(entry.public_id, blob.digest, blob.size):
            return None
        origin, layout = self._staging.place(entry.public_id, blob.digest), self._storage.layout
        place = layout.quarantine(blob.digest) if waits else layout.blob(entry.folder, blob.digest)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not waits:
            self._storage.set_aside(place)  # what stands there is not what it should be
        self._storage.duplicate(origin, place)
        return Taken(FileState.QUARANTINED if waits else FileState.STORED, Fingerprint.of(place.stat()))

    def _from_shelf(self, entry: Entry, blob: Blob) -> Taken | None:
        """Bytes that were shown so far under names that nobody loads as code."""
        origin = self._storage.layout.blob(entry.folder, blob.digest)
        if not examine(origin, blob.digest, blob.size, lambda _: None).right:
            return None
        place = self._storage.layout.quarantine(blob.digest)
        self._storage.duplicate(origin, place)
        return Taken(FileState.QUARANTINED, Fingerprint.of(place.stat()))

    async def _learn(self, learned: Learned) -> None:
        """What reading files has taught is written down; wrong ones leave the shelf."""
        if not learned.right and not learned.wrong:
            return
        now = self._tools.clock.now()
        losses = [suspect.loss(seen) for suspect, seen in learned.wrong]

        def write(connection: Connection) -> None:
            for entry, digest, file in learned.right:
                seals.seal(connection, entry, {digest: file}, now)
            take_down(connection, losses, None, now)

        await self._tools.database.write(write)
        await self._tools.run(lambda: put_all_aside(self._storage, learned.wrong))


def _missing(blob: Blob) -> Blob:
    return Blob(blob.digest, blob.size, blob.paths, here=False)


def _go_on() -> None:
    """Nobody else works on it: there is no lease to lose."""
