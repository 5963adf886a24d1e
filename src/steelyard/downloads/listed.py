"""The files of a revision before any job has listed them: from the table, else from the hub while somebody waits."""

import asyncio

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import LOCAL_HUBS, File
from steelyard.db.database import Database
from steelyard.downloads.listing import to_files
from steelyard.downloads.models import Wanted
from steelyard.downloads.payload import name_of
from steelyard.sources.errors import UpstreamBusy, UpstreamUnavailable
from steelyard.sources.protocol import Repository
from steelyard.sources.registry import Sources


class Listings:
    """Asks no hub for what the table knows."""

    def __init__(self, database: Database, sources: Sources) -> None:
        self._database = database
        self._sources = sources

    async def find(self, wanted: Wanted, seconds: float) -> list[File] | None:
        """The files, none of them said to be here; None when nobody can tell in that time.

        Raises what the hub says for good, and UpstreamNonsense.
        """
        known = await self._database.read(lambda connection: _known(connection, wanted))
        return known or await self._ask_hub(wanted, seconds)

    async def _ask_hub(self, wanted: Wanted, seconds: float) -> list[File] | None:
        if wanted.commit is None or wanted.hub in LOCAL_HUBS or seconds <= 0:
            return None
        source, repository = self._sources.get(wanted.hub), Repository(name_of(wanted).kind, wanted.repo)
        try:
            async with asyncio.timeout(seconds):
                return to_files(await source.list_files(repository, wanted.commit))
        except (TimeoutError, UpstreamUnavailable, UpstreamBusy):
            return None


def _known(connection: Connection, wanted: Wanted) -> list[File]:
    entry = catalog.find(connection, name_of(wanted))
    if entry is None or wanted.commit is None:
        return []
    revision = revisions.find(connection, entry.id, wanted.commit)
    return revisions.list_files(connection, revision.id) if revision and not revision.files_partial else []
