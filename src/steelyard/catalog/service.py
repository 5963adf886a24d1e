"""What can be asked of the shelf, and how its entries follow what happens to their files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from steelyard.catalog import aliases, blobs, listing, revisions, rights, store
from steelyard.catalog.cards import Card, of_entry, revision_of
from steelyard.catalog.errors import in_trash, missing
from steelyard.catalog.facets import Facets, count_facets
from steelyard.catalog.listing import EntryFilter, Line
from steelyard.catalog.models import Entry, FileState, ModelStatus, Revision
from steelyard.catalog.sight import Claimed, Sight
from steelyard.catalog.status import EntryFacts, status_of
from steelyard.catalog.summary import Summary, summarise
from steelyard.catalog.variants import files_of_variant
from steelyard.core import ref
from steelyard.core.ids import catalog_id
from steelyard.core.ref import InvalidReference, Reference
from steelyard.db.counted import counted_page
from steelyard.db.database import Database
from steelyard.identity.principal import Caller
from steelyard.jobs import store as jobs
from steelyard.usage.statistics.findings import ModelSummary
from steelyard.usage.statistics.service import Statistics


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether something is here: verified, and complete for the set it was asked with.

    ``model`` is the entry's name, None for an unknown one. An inactive model exists: its bytes are here.
    """

    exists: bool
    status: ModelStatus | None
    model: str | None = None


class CatalogService:
    """Reads of the shelf. Models live in the depot's database, their counts in the usage log."""

    def __init__(self, depot: Database, statistics: Statistics, sight: Sight) -> None:
        self._depot = depot
        self._statistics = statistics
        self._sight = sight

    async def list_page(
        self, wanted: EntryFilter, limit: int, offset: int
    ) -> tuple[int, list[tuple[Line, ModelSummary]]]:
        """The true total and one page, each line with its counts."""
        total, lines = await self._lines(wanted, limit, offset)
        names = {str(line.entry.name): (str(line.entry.name), *line.aliases) for line in lines}
        counts = await self._statistics.summaries(names)
        return total, [(line, counts[str(line.entry.name)]) for line in lines]

    async def get(self, reference: Reference, caller: Caller | None = None) -> Card:
        """One entry, at the revision of the reference or its newest complete one.

        Raises ModelMissing; also for what the caller, if there is one, may not see.
        """
        return await self._counted(await self.look(reference, caller))

    async def look(self, reference: Reference, caller: Caller | None = None) -> Card:
        """The same, not counted. Raises ModelMissing."""
        return await self._depot.read(
            lambda connection: of_entry(connection, required(connection, reference, caller), reference)
        )

    async def get_any(self, reference: Reference, caller: Caller) -> Card:
        """One entry, in the trash or not. Raises ModelMissing; also once it is purged, and for what is not shown."""

        def read(connection: Connection) -> Card:
            entry = find_any(connection, reference, caller)
            if (
                entry is None
                or not rights.may_see(entry, caller)
                or (entry.trash is not None and entry.trash.is_purged)
            ):
                raise missing(str(reference))
            return of_entry(connection, entry, reference)

        return await self._counted(await self._depot.read(read))

    async def of_key(self, key: int) -> Card:
        """One entry by its key, in the trash or not. Raises ModelMissing."""
        reference = Reference(catalog_id(key), entry_key=key)

        def read(connection: Connection) -> Card:
            entry = store.get(connection, key)
            if entry is None:
                raise missing(reference.name)
            return of_entry(connection, entry, reference)

        return await self._counted(await self._depot.read(read))

    async def of_signal(self, key: str, caller: Caller) -> Entry | None:
        """The entry that a signal means by its key or its name, in the trash or not; None for what is not shown."""
        try:
            reference = Reference("", entry_key=int(key)) if key.isdigit() else ref.parse(key)
        except InvalidReference:
            return None
        entry = await self._depot.read(lambda connection: find_any(connection, reference, caller))
        return entry if entry is not None and rights.may_see(entry, caller) else None

    async def name_of(self, reference: Reference, caller: Caller | None = None) -> str:
        """The name under which records of it are kept: the entry's if it exists for the caller, else as it was asked
        for."""
        entry = await self._depot.read(lambda connection: find(connection, reference, caller))
        return str(reference.bare) if entry is None or not _is_visible(entry, caller) else str(entry.name)

    async def names_of(self, references: Sequence[Reference], caller: Caller) -> list[str]:
        """The same of many."""

        def read(connection: Connection) -> list[Entry | None]:
            return [find(connection, reference, caller) for reference in references]

        found = zip(references, await self._depot.read(read), strict=True)
        return [
            str(entry.name) if entry is not None and _is_visible(entry, caller) else str(reference.bare)
            for reference, entry in found
        ]

    async def revisions(self, entry: Entry) -> list[Revision]:
        """The complete revisions of an entry, newest first."""
        found = await self._depot.read(lambda connection: revisions.of_entry(connection, entry.id))
        return [revision for revision in found if revision.completed_at is not None]

    async def facets(self, viewer: str | None = None) -> Facets:
        """What lists can be narrowed by; ``viewer`` as in EntryFilter."""
        return await self._depot.read(lambda connection: count_facets(connection, viewer))

    async def has_ever(self, reference: Reference) -> bool:
        """Whether an entry answers to this reference for anybody, on the shelf or in the trash."""
        return await self._depot.read(lambda connection: find_any(connection, reference) is not None)

    async def presence(self, reference: Reference, file: str | None, caller: Caller | None = None) -> Presence:
        """Whether a model, a revision of it or one file of that is here; an unknown model is simply not."""

        def read(connection: Connection) -> tuple[Presence, Claimed | None]:
            entry = find(connection, reference, caller)
            if entry is None or not _is_visible(entry, caller):
                return Presence(exists=False, status=None), None
            revision = revision_of(connection, entry, reference)
            is_here = _is_here(connection, revision, reference.variant, file)
            claimed = _claimed(connection, entry, revision, reference.variant, file) if is_here and revision else None
            return Presence(is_here, entry.status, str(entry.name)), claimed

        found, claimed = await self._depot.read(read)
        seen = claimed is None or await self._sight.sees(claimed)
        return found if seen else replace(found, exists=False)

    async def _lines(self, wanted: EntryFilter, limit: int, offset: int) -> tuple[int, list[Line]]:
        if wanted.text:
            return await self._depot.read(lambda connection: listing.search(connection, wanted, limit, offset))
        return await counted_page(
            self._depot,
            lambda connection: listing.count(connection, wanted),
            lambda connection, total: listing.page(connection, wanted, limit, offset, total),
            offset,
        )

    async def _counted(self, card: Card) -> Card:
        name = str(card.entry.name)
        counts = await self._statistics.summaries({name: (name, *card.aliases)})
        return replace(card, counts=counts[name])


def find(connection: Connection, reference: Reference, caller: Caller | None = None) -> Entry | None:
    """The entry on the shelf that a reference means, as ``find_any`` has it."""
    entry = find_any(connection, reference, caller)
    return None if entry is None or entry.trash is not None else entry


def find_any(connection: Connection, reference: Reference, caller: Caller | None = None) -> Entry | None:
    """The entry that a reference means, deleted or not: by its key, else by alias, else by its repository.

    It may be one that the ``caller`` must not see; only aliases of such are nobody's.
    """
    viewer = None if caller is None else rights.viewer(caller)
    key = reference.entry_key or aliases.find(connection, reference, viewer)
    if key is not None:
        return store.get(connection, key)
    return store.find_by_repo(connection, reference.kind, reference.name)


def required(connection: Connection, reference: Reference, caller: Caller | None = None) -> Entry:
    """The entry on the shelf that a reference means. Raises ModelMissing; also for what the caller may not see."""
    entry = find_any(connection, reference, caller)
    if entry is None or not _is_visible(entry, caller) or (entry.trash is not None and not entry.trash.is_restorable):
        raise missing(str(reference))
    if entry.trash is not None:
        raise in_trash(str(entry.name))
    return entry


def refresh_status(connection: Connection, entry: int) -> None:
    """Compute an entry's status and format from its files and jobs and write them down."""
    current = store.get(connection, entry)
    newest = revisions.latest_complete(connection, entry)
    summary = summarise(connection, newest.id) if newest else Summary()
    size = store.sizes(connection, [entry]).get(entry, 0)
    if current is not None:
        facts = EntryFacts(
            deleted=current.deleted_at is not None,
            any_complete=newest is not None,
            any_stored=size > 0,
            has_live_job=jobs.has_live(connection, entry),
            is_quarantined=summary.is_quarantined,
        )
        store.set_computed(connection, entry, status_of(facts), summary.format, size)
        revisions.copy_traits(connection, entry, newest)


def _is_visible(entry: Entry, caller: Caller | None) -> bool:
    return caller is None or rights.may_see(entry, caller)


def _is_here(connection: Connection, revision: Revision | None, variant: str | None, file: str | None) -> bool:
    if revision is None:
        return False
    if variant is not None and file is None:
        needed = files_of_variant(revisions.list_files(connection, revision.id), variant)
        return bool(needed) and all(item.state is FileState.STORED for item in needed)
    if file is None:
        return revision.completed_at is not None and not summarise(connection, revision.id).is_quarantined
    return revisions.state_of(connection, revision.id, file) is FileState.STORED


def _claimed(
    connection: Connection, entry: Entry, revision: Revision, variant: str | None, file: str | None
) -> Claimed:
    """What must be on the disk for the answer to be yes."""
    listed = revisions.list_files(connection, revision.id)
    asked = files_of_variant(listed, variant) if variant is not None and file is None else listed
    here = [one for one in asked if one.state is not FileState.LISTED and file in {None, one.path}]
    return Claimed(entry.name, entry.folder, revision.commit, here, blobs.seals_of(connection, [entry.id])[entry.id])
