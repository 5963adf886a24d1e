"""Makes a request exact: which repository, which commit. Asks the hub, and its own memory when the hub is silent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog.errors import missing
from steelyard.catalog.models import FOLDER_HUB, Entry, EntryName
from steelyard.catalog.service import find_any
from steelyard.core.errors import SteelyardError
from steelyard.db.database import Database
from steelyard.downloads.filing import complete_revision
from steelyard.downloads.listed import Listings
from steelyard.downloads.models import Ask, Wanted
from steelyard.downloads.payload import DEFAULT_REVISION, name_of
from steelyard.downloads.resolve import Resolver
from steelyard.downloads.selection import canonical
from steelyard.sources.errors import UpstreamBusy, UpstreamUnavailable
from steelyard.sources.protocol import Repository
from steelyard.sources.registry import Sources

_SOURCE = "huggingface"
Refused = Callable[[Ask, Wanted, SteelyardError], Awaitable[None]]


class WantedFinder:
    """Turns what people ask for into what a job can bring. ``refused`` records what the hub says no to."""

    def __init__(self, database: Database, sources: Sources, resolver: Resolver, refused: Refused) -> None:
        self._database = database
        self._sources = sources
        self._resolver = resolver
        self._refused = refused
        self._listings = Listings(database, sources)

    async def find(self, ask: Ask) -> Wanted:
        """The request made exact; its commit stays None when neither hub nor memory tell it in time.

        Its variant, if it has one, is spelled as the repository spells it where the files are known in time. Raises
        VariantMissing, ModelMissing for an unknown catalog id, and what the hub says for good: RepositoryMissing,
        RevisionMissing, AccessRefused.
        """
        started = asyncio.get_running_loop().time()
        wanted = await self._find(ask)
        if wanted.variant is None or wanted.commit is None:
            return wanted
        left = self._resolver.longest_wait - (asyncio.get_running_loop().time() - started)
        return await self._name_variant(ask, wanted, left)

    async def _find(self, ask: Ask) -> Wanted:
        entry = await self._database.read(lambda connection: find_any(connection, ask.reference))
        if entry is None and ask.reference.entry_key is not None:
            raise missing(ask.reference.name)
        wanted = _as_asked(ask, entry)
        commit = ask.reference.commit
        if commit is not None and entry is not None and await self._knows(entry, commit):
            return replace(wanted, commit=commit)
        if entry is not None and wanted.hub == FOLDER_HUB:  # there is nobody to ask
            return await self._remember(wanted, entry)
        return await self._ask_hub(ask, wanted, entry)

    async def _name_variant(self, ask: Ask, wanted: Wanted, seconds: float) -> Wanted:
        try:
            files = await self._listings.find(wanted, seconds)
            return wanted if files is None else replace(wanted, variant=canonical(files, wanted))
        except SteelyardError as error:
            await self._refused(ask, wanted, error)
            raise

    async def _knows(self, entry: Entry, commit: str) -> bool:
        found = await self._database.read(lambda connection: revisions.find(connection, entry.id, commit))
        return found is not None

    async def _ask_hub(self, ask: Ask, wanted: Wanted, entry: Entry | None) -> Wanted:
        repository = Repository(name_of(wanted).kind, wanted.repo)
        try:
            found = await self._resolver.resolve(self._sources.get(wanted.hub), repository, wanted.revision)
        except (UpstreamUnavailable, UpstreamBusy):
            found = None
        except SteelyardError as error:
            await self._refused(ask, wanted, error)
            raise
        if found is not None:
            return replace(wanted, repo=found.repository.name, commit=found.commit)
        return wanted if entry is None else await self._remember(wanted, entry)

    async def _remember(self, wanted: Wanted, entry: Entry) -> Wanted:
        """The hub is silent: what the revision meant last time will do, if all of it is here."""
        name = wanted.revision or DEFAULT_REVISION

        def remember(connection: Connection) -> Wanted:
            remembered = replace(wanted, commit=revisions.ref(connection, entry.id, name))
            return remembered if complete_revision(connection, remembered, in_trash=True) else wanted

        return await self._database.read(remember)


def _as_asked(ask: Ask, entry: Entry | None) -> Wanted:
    reference = ask.reference
    name = entry.name if entry else EntryName(_SOURCE, reference.kind, reference.name)
    patterns = (tuple(ask.include), tuple(ask.exclude))
    return Wanted(name.hub, name.kind.value, name.repo, reference.revision, None, *patterns, reference.variant)
