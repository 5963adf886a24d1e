"""An entry with what stands beside it in an answer."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from steelyard.catalog import aliases, revisions, store
from steelyard.catalog.listing import Line
from steelyard.catalog.models import Entry, File, Revision
from steelyard.core.ref import Reference
from steelyard.usage.statistics.findings import ModelSummary


@dataclass(frozen=True, slots=True)
class Card:
    """An entry with its newest complete revision (or the one asked for) and counts; ``size`` is the bytes here.

    In lists ``files`` is empty: a hundred models can have a hundred thousand of them. ``coming`` is the newest revision
    of a model that has no complete one yet: it tells the variants.
    """

    entry: Entry
    revision: Revision | None
    files: list[File]
    size: int
    counts: ModelSummary = field(default_factory=ModelSummary)
    aliases: tuple[str, ...] = ()
    coming: Revision | None = None


def of_line(line: Line, counts: ModelSummary) -> Card:
    """The card of one entry of a list."""
    return Card(line.entry, line.newest, [], line.entry.size, counts, line.aliases)


def of_entry(connection: Connection, entry: Entry, reference: Reference) -> Card:
    """The card of one entry, not counted yet."""
    revision = revision_of(connection, entry, reference)
    files = revisions.list_files(connection, revision.id) if revision else []
    names = aliases.of_entry(connection, entry.id)
    size = store.sizes(connection, [entry.id]).get(entry.id, 0)
    coming = None if revision else next(iter(revisions.of_entry(connection, entry.id)), None)
    return Card(entry, revision, files, size, aliases=names, coming=coming)


def revision_of(connection: Connection, entry: Entry, reference: Reference) -> Revision | None:
    """The revision that a reference means, the newest complete one unless it names one."""
    if reference.revision is None:
        return revisions.latest_complete(connection, entry.id)
    commit = reference.commit or revisions.ref(connection, entry.id, reference.revision)
    return revisions.find(connection, entry.id, commit) if commit else None
