"""What can be asked of the shelf, and how its entries follow what happens to their files."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from steelyard.catalog import revisions, store
from steelyard.catalog.errors import missing
from steelyard.catalog.models import Entry, File, FileState, ModelStatus, Revision
from steelyard.catalog.status import EntryFacts, format_of, is_all_quarantined, status_of
from steelyard.catalog.store import EntryFilter
from steelyard.core.ref import Reference
from steelyard.db.database import Database
from steelyard.jobs import store as jobs
from steelyard.usage import store as usage
from steelyard.usage.store import ModelCounts


@dataclass(frozen=True, slots=True)
class Card:
    """An entry with what lists show of it: its newest complete revision, that one's files, bytes here, counts."""

    entry: Entry
    revision: Revision | None
    files: list[File]
    size: int
    counts: ModelCounts = field(default_factory=ModelCounts)


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether something is here: verified, and complete for the set it was asked with."""

    exists: bool
    status: ModelStatus | None


class CatalogService:
    """Reads of the shelf. Models live in the depot's database, their counts in the usage log."""

    def __init__(self, depot: Database, usage_log: Database) -> None:
        self._depot = depot
        self._usage_log = usage_log

    async def list_page(self, wanted: EntryFilter, limit: int, offset: int) -> tuple[int, list[Card]]:
        """The true total and one page of cards."""

        def read(connection: Connection) -> tuple[int, list[Card]]:
            total, entries = store.list_page(connection, wanted, limit, offset)
            return total, _cards(connection, entries)

        total, cards = await self._depot.read(read)
        return total, await self._counted(cards)

    async def get(self, reference: Reference) -> Card:
        """One entry, at the revision of the reference or its newest complete one. Raises ModelMissing."""

        def read(connection: Connection) -> Card:
            entry = _required(connection, reference)
            revision = _revision(connection, entry, reference)
            files = revisions.list_files(connection, revision.id) if revision else []
            return Card(entry, revision, files, store.sizes(connection, [entry.id]).get(entry.id, 0))

        return (await self._counted([await self._depot.read(read)]))[0]

    async def revisions(self, entry: Entry) -> list[Revision]:
        """The complete revisions of an entry, newest first."""
        found = await self._depot.read(lambda connection: revisions.of_entry(connection, entry.id))
        return [revision for revision in found if revision.completed_at is not None]

    async def presence(self, reference: Reference, file: str | None) -> Presence:
        """Whether a model, a revision of it or one file of that is here; an unknown model is simply not."""

        def read(connection: Connection) -> Presence:
            entry = find(connection, reference)
            if entry is None or entry.status is ModelStatus.DELETED:
                return Presence(exists=False, status=entry.status if entry else None)
            revision = _revision(connection, entry, reference)
            return Presence(_is_here(connection, revision, file), entry.status)

        return await self._depot.read(read)

    async def _counted(self, cards: list[Card]) -> list[Card]:
        names = [str(card.entry.name) for card in cards]
        counts = await self._usage_log.read(lambda connection: usage.model_counts(connection, names))
        nothing = ModelCounts()
        return [
            Card(card.entry, card.revision, card.files, card.size, counts.get(name, nothing))
            for card, name in zip(cards, names, strict=True)
        ]


def find(connection: Connection, reference: Reference) -> Entry | None:
    """The entry that a reference means."""
    if reference.entry_key is not None:
        return store.get(connection, reference.entry_key)
    return store.find_by_repo(connection, reference.kind, reference.name)


def refresh_status(connection: Connection, entry: int) -> None:
    """Compute an entry's status and format from its files and jobs and write them down."""
    current = store.get(connection, entry)
    newest = revisions.latest_complete(connection, [entry]).get(entry)
    files = revisions.list_files(connection, newest.id) if newest else []
    size = store.sizes(connection, [entry]).get(entry, 0)
    if current is not None:
        status = status_of(_facts(connection, current, newest, files, size))
        store.set_computed(connection, entry, status, format_of([file.path for file in files]), size)


def _facts(connection: Connection, entry: Entry, newest: Revision | None, files: list[File], size: int) -> EntryFacts:
    return EntryFacts(
        deleted=entry.deleted_at is not None,
        any_complete=newest is not None,
        any_stored=size > 0,
        has_live_job=jobs.has_live(connection, entry.id),
        is_quarantined=is_all_quarantined(files),
    )


def _required(connection: Connection, reference: Reference) -> Entry:
    entry = find(connection, reference)
    if entry is None:
        raise missing(str(reference))
    return entry


def _revision(connection: Connection, entry: Entry, reference: Reference) -> Revision | None:
    if reference.revision is None:
        return revisions.latest_complete(connection, [entry.id]).get(entry.id)
    commit = reference.commit or revisions.ref(connection, entry.id, reference.revision)
    return revisions.find(connection, entry.id, commit) if commit else None


def _is_here(connection: Connection, revision: Revision | None, file: str | None) -> bool:
    if revision is None:
        return False
    listed = revisions.list_files(connection, revision.id)
    if file is None:
        return revision.completed_at is not None and not is_all_quarantined(listed)
    return any(item.path == file and item.state is FileState.STORED for item in listed)


def _cards(connection: Connection, entries: list[Entry]) -> list[Card]:
    keys = [entry.id for entry in entries]
    newest = revisions.latest_complete(connection, keys)
    sizes = store.sizes(connection, keys)
    files = revisions.files_of(connection, [revision.id for revision in newest.values()])
    return [
        Card(entry, revision, files.get(revision.id, []) if revision else [], sizes.get(entry.id, 0))
        for entry in entries
        for revision in [newest.get(entry.id)]
    ]
