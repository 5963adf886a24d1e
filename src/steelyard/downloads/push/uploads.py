"""Bytes come in before the commit that needs them: who may send them, where they wait, and whether they are right.

An address to send to is a secret of its own, because clients send no token with the bytes: it is good for one blob of
one repository, and for a day. Bytes count as here already only for whoever may read a model that has them, so nobody
learns what others have, nor gets it.
"""

import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from steelyard.catalog import blobs
from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry, FileState
from steelyard.core.digest import Digest
from steelyard.downloads.push import store
from steelyard.downloads.push.behind import Behind
from steelyard.downloads.push.desk import Repo, changeable
from steelyard.downloads.push.errors import UploadClosed, WrongBytes
from steelyard.downloads.push.models import Asked, Upload
from steelyard.downloads.push.room import full_disk
from steelyard.downloads.tools import Tools
from steelyard.identity.principal import Caller
from steelyard.storage.staging import Arriving, Staging

logger = logging.getLogger(__name__)
_GOOD_FOR = timedelta(days=1)  # the last of many large files waits its turn
_PIECE = 4 * 1024 * 1024  # bytes for one visit to a thread
_LOOK_STEP = 256 * 1024 * 1024  # bytes between two looks at the disk's room


class Uploads:
    """The verbs of sending bytes."""

    def __init__(self, tools: Tools, staging: Staging) -> None:
        self._tools = tools
        self._database = tools.database
        self._staging = staging

    async def ask(self, repo: Repo, wanted: Sequence[tuple[Digest, int]], caller: Caller) -> list[Asked]:
        """What has to be sent, in the order of asking; with leave to send it.

        Raises RepositoryMissing, NotYours, NoRoom, StoreAway.
        """
        await self._tools.require_store()
        digests = [digest for digest, _ in wanted]

        def read(connection: Connection) -> tuple[Entry, dict[Digest, int]]:
            entry = changeable(connection, repo, caller)
            return entry, readable(connection, entry, digests)

        entry, here = await self._database.read(read)
        waiting = await self._tools.look(
            lambda: {digest for digest, size in wanted if self._staging.holds(entry.public_id, digest, size)}
        )
        asked = [_asked(digest, size, here, is_waiting=digest in waiting) for digest, size in wanted]
        with full_disk():
            self._tools.require_room(sum(one.size for one in asked if one.ticket is not None))
        until = self._tools.clock.now() + _GOOD_FOR
        rows = [
            (_hash(one.ticket), caller.doer.id, Upload(entry.id, one.digest, one.size, until))
            for one in asked
            if one.ticket is not None
        ]
        await self._database.write(lambda connection: store.open_uploads(connection, rows))
        return asked

    async def receive(self, ticket: str, announced: int | None, pieces: AsyncIterator[bytes]) -> int:
        """Take in what comes; it is kept only when it is right. Returns its size in bytes.

        ``announced`` is the request's own length. Raises UploadClosed, WrongBytes, NoRoom, StoreAway.
        """
        upload, owner = await self._open(ticket)
        if announced is not None and announced != upload.size:
            raise _wrong_size(upload, announced)
        await self._tools.require_store()
        with full_disk():
            self._tools.require_room(upload.size)
            arriving = await self._tools.run(lambda: self._staging.receive(owner, upload.digest, upload.size))
            with arriving:
                await self._pour(arriving, upload, pieces)
                if not await self._tools.run(arriving.keep):
                    raise WrongBytes(
                        f"What came has not the SHA-256 {upload.digest.hex}; nothing of it was kept.",
                        hint="The file changed while it was sent, or the connection broke it: push again.",
                    )
        logger.info("bytes were pushed", extra={"digest": str(upload.digest), "bytes": upload.size})
        return upload.size

    async def verify(self, repo: Repo, digest: Digest, size: int, caller: Caller) -> None:
        """Whether an upload has come whole. Raises RepositoryMissing, NotYours, UploadClosed."""

        def read(connection: Connection) -> tuple[Entry, dict[Digest, int]]:
            entry = changeable(connection, repo, caller)
            return entry, readable(connection, entry, [digest])

        entry, here = await self._database.read(read)
        if here.get(digest) == size:
            return
        if not await self._tools.look(lambda: self._staging.holds(entry.public_id, digest, size)):
            raise UploadClosed(f"The bytes of {digest.hex} have not come.", hint="Push again.")

    async def _open(self, ticket: str) -> tuple[Upload, str]:
        """What a ticket is for, and whose folder it comes to."""
        now = self._tools.clock.now()

        def read(connection: Connection) -> tuple[Upload, Entry] | None:
            upload = store.find_upload(connection, _hash(ticket))
            entry = catalog.get(connection, upload.entry) if upload is not None else None
            if upload is None or upload.expires_at < now or entry is None or entry.trash is not None:
                return None
            return upload, entry

        found = await self._database.read(read)
        if found is None:
            raise UploadClosed("This address was for one upload, which is over.", hint="Push again to get a new one.")
        return found[0], found[1].public_id

    async def _pour(self, arriving: Arriving, upload: Upload, pieces: AsyncIterator[bytes]) -> None:
        """Hash and write in a thread while more comes; stop at the first byte too many."""
        waiting: list[bytes] = []
        size, total = 0, 0
        async with Behind(self._tools) as behind:
            async for piece in pieces:
                waiting.append(piece)
                size += len(piece)
                total += len(piece)
                if total > upload.size:
                    raise _wrong_size(upload, total)
                if size >= _PIECE:
                    await behind.do(partial(arriving.feed, waiting))
                    waiting, size = [], 0
                    self._look(upload.size - total, total)
            await behind.do(partial(arriving.feed, waiting))
        if total < upload.size:
            raise _wrong_size(upload, total)

    def _look(self, left: int, total: int) -> None:
        if total % _LOOK_STEP < _PIECE:
            self._tools.require_room(left)


def readable(
    connection: Connection, entry: Entry, digests: Sequence[Digest], *, held: bool = False
) -> dict[Digest, int]:
    """Those of these blobs that an entry may have without anybody sending them, with their sizes; with ``held`` those
    in quarantine, too, which can be taken only for what waits there as well.

    They are its own, public models' and its owner's others: whoever may change it may read all of these.
    """
    states = (FileState.STORED, FileState.QUARANTINED) if held else (FileState.STORED,)
    found = [blobs.takable(connection, digests, entry.id, state) for state in states]
    holders = {holder.entry for one in found for some in one.values() for holder in some}
    return store.held_sizes(connection, holders, digests, states)


def _asked(digest: Digest, size: int, here: dict[Digest, int], *, is_waiting: bool) -> Asked:
    known = here.get(digest)
    if known is not None and known != size:
        return Asked(digest, size, refusal=f"a file with this SHA-256 has {known} bytes, not {size}")
    return Asked(digest, size, None if known is not None or is_waiting else secrets.token_urlsafe(32))


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()


def _wrong_size(upload: Upload, size: int) -> WrongBytes:
    detail = f"{upload.size} bytes were announced, and {size} came; nothing of it was kept."
    return WrongBytes(detail, hint="The file changed while it was sent, or the connection broke: push again.")
