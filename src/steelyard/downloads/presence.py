"""Notices bytes that somebody took out of the store or changed, before anybody is told that they are here."""

from sqlalchemy import Connection

from steelyard.catalog import blobs, revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import File, FileState
from steelyard.catalog.service import refresh_status
from steelyard.catalog.sight import Seals, is_there
from steelyard.downloads.models import Wanted
from steelyard.downloads.onshelf import chosen_files, complete_revision
from steelyard.downloads.payload import name_of, ref_of
from steelyard.downloads.tools import Tools
from steelyard.storage.layout import RepoFolder


class Presence:
    """Compares the table with the disk for what one request wants: one ``stat`` a file."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def forget_lost(self, wanted: Wanted) -> int:
        """Where the table believes that a set is complete, mark what is gone or changed as not here; returns how many
        files. A job reads again what changed. Raises StoreAway."""
        believed, seals = await self._tools.database.read(lambda connection: _believed(connection, wanted))
        if not believed or wanted.commit is None:
            return 0
        await self._tools.require_store()
        commit, folder = wanted.commit, await self._folder(wanted)
        lost = await self._tools.look(
            lambda: [file for file in believed if not is_there(self._tools.storage, folder, commit, file, seals)]
        )
        if lost:
            await self._tools.database.write(lambda connection: _forget(connection, wanted, lost))
        return len(lost)

    async def point(self, wanted: Wanted) -> None:
        """A set that is here was asked for by a branch or tag: let the store's reference say what it means now."""
        name, commit = ref_of(wanted), wanted.commit
        if name is not None and commit is not None:
            folder = await self._folder(wanted)
            await self._tools.look(lambda: self._tools.storage.write_ref(folder, name, commit))

    async def _folder(self, wanted: Wanted) -> RepoFolder:
        name = name_of(wanted)
        entry = await self._tools.database.read(lambda connection: catalog.find(connection, name))
        return RepoFolder(name.kind, name.repo) if entry is None else entry.folder


def _believed(connection: Connection, wanted: Wanted) -> tuple[list[File], Seals]:
    revision = complete_revision(connection, wanted)
    if revision is None:
        return [], {}
    return chosen_files(connection, wanted, revision), blobs.seals_of(connection, [revision.entry])[revision.entry]


def _forget(connection: Connection, wanted: Wanted, lost: list[File]) -> None:
    revision = complete_revision(connection, wanted)
    if revision is not None:
        revisions.mark_files(connection, revision.id, [file.path for file in lost], FileState.LISTED)
        revisions.reopen(connection, revision.id)
        refresh_status(connection, revision.entry)
