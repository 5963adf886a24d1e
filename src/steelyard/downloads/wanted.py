"""Makes a request exact: which repository, which commit. Asks the hub, and its own memory when the hub is silent."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from steelyard.catalog import revisions, rights
from steelyard.catalog import store as catalog
from steelyard.catalog.errors import missing
from steelyard.catalog.models import LOCAL_HUBS, Entry, EntryName
from steelyard.catalog.service import find_any
from steelyard.core.errors import SteelyardError
from steelyard.db.database import Database
from steelyard.downloads.listed import Listings
from steelyard.downloads.local import nothing_pushed
from steelyard.downloads.models import Ask, Found, Wanted
from steelyard.downloads.onshelf import complete_revision
from steelyard.downloads.payload import DEFAULT_REVISION, name_of
from steelyard.downloads.push.names import is_reserved
from steelyard.downloads.resolve import Resolver
from steelyard.downloads.selection import canonical
from steelyard.sources.errors import UpstreamBusy, UpstreamUnavailable
from steelyard.sources.protocol import Repository
from steelyard.sources.registry import Sources

_SOURCE = "huggingface"
Refused = Callable[[Ask, Wanted, SteelyardError], Awaitable[None]]


class WantedFinder:
    """Turns what people ask for into what a job can bring. ``refused`` records what the hub says no to.

    Names in ``reserved`` namespaces are the team's own: no hub hears of them.
    """

    def __init__(
        self, database: Database, sources: Sources, resolver: Resolver, refused: Refused, reserved: Sequence[str] = ()
    ) -> None:
        self._reserved = reserved
        self._database = database
        self._sources = sources
        self._resolver = resolver
        self._refused = refused
        self._listings = Listings(database, sources)

    async def find(self, ask: Ask, *, sizes: bool = False) -> Found:
        """The request made exact; its commit stays None when neither hub nor memory tell it in time.

        Its variant, if it has one, is spelled as the repository spells it where the files are known in time; ``sizes``
        asks for them in any case, and the hub for what is not here: the request will be judged. Raises VariantMissing,
        ModelMissing for an unknown catalog id or a name of the team's own, and what the hub says for good:
        RepositoryMissing, RevisionMissing, AccessRefused.
        """
        started = asyncio.get_running_loop().time()
        found = await self._find(ask, judged=sizes)
        if found.wanted.commit is None:
            return found
        if found.wanted.variant is None and (not sizes or await self._knows(found.wanted, judged=True)):
            return found
        left = self._resolver.longest_wait - (asyncio.get_running_loop().time() - started)
        return await self._with_files(ask, found, left)

    async def _find(self, ask: Ask, *, judged: bool) -> Found:
        entry = await self._database.read(lambda connection: find_any(connection, ask.reference, ask.caller))
        is_hidden = entry is not None and not rights.may_see(entry, ask.caller)
        if is_hidden or (entry is None and ask.reference.entry_key is not None):
            raise missing(str(ask.reference))
        wanted = _as_asked(ask, entry)
        commit = ask.reference.commit
        if (
            commit is not None
            and entry is not None
            and await self._knows(replace(wanted, commit=commit), judged=judged)
        ):
            return Found(replace(wanted, commit=commit))
        if entry is not None and wanted.hub in LOCAL_HUBS:  # there is nobody to ask
            return Found(await self._remember(wanted, entry))
        if is_reserved(wanted.repo, self._reserved):
            raise nothing_pushed(wanted.repo)
        return await self._ask_hub(ask, wanted, entry)

    async def _with_files(self, ask: Ask, found: Found, seconds: float) -> Found:
        wanted = found.wanted
        try:
            files = await self._listings.find(wanted, seconds)
            if files is None:
                return found
            return replace(found, wanted=replace(wanted, variant=canonical(files, wanted)), files=files)
        except SteelyardError as error:
            await self._refused(ask, wanted, error)
            raise

    async def _knows(self, exact: Wanted, *, judged: bool) -> bool:
        """Whether the table knows the commit; for a request that is judged, whether all of it is here: else only the
        hub can tell whether it is gated."""

        def knows(connection: Connection) -> bool:
            entry = catalog.find(connection, name_of(exact))
            if judged:
                return complete_revision(connection, exact, in_trash=True) is not None
            return entry is not None and revisions.find(connection, entry.id, exact.commit or "") is not None

        return await self._database.read(knows)

    async def _ask_hub(self, ask: Ask, wanted: Wanted, entry: Entry | None) -> Found:
        repository = Repository(name_of(wanted).kind, wanted.repo)
        try:
            found = await self._resolver.resolve(self._sources.get(wanted.hub), repository, wanted.revision)
        except (UpstreamUnavailable, UpstreamBusy):
            found = None
        except SteelyardError as error:
            await self._refused(ask, wanted, error)
            raise
        if found is not None:
            if found.repository != repository and is_reserved(found.repository.name, self._reserved):
                raise nothing_pushed(wanted.repo)  # what anybody has at the hub must not pass for the team's
            return Found(replace(wanted, repo=found.repository.name, commit=found.commit), found.gated)
        return Found(wanted if entry is None else await self._remember(wanted, entry))

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
