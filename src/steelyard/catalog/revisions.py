"""All SQL of revisions, refs and files."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, Row, UnaryExpression, bindparam, select, update

from steelyard.catalog.facts import RevisionFacts, from_json, to_json, variants_in
from steelyard.catalog.models import EntryName, File, FileState, Revision, Traits
from steelyard.catalog.tables import entries, files, refs, revisions
from steelyard.catalog.variants import variants_of
from steelyard.core.digest import Digest
from steelyard.core.ids import new_key
from steelyard.core.ref import Kind
from steelyard.db.upsert import insert_new, insert_or_update

# In the order in which a Revision is made of them: reading them by name took longer than making it.
COLUMNS = (
    revisions.c.id, revisions.c.entry, revisions.c.commit_hash, revisions.c.completed_at, revisions.c.job,
    revisions.c.facts, revisions.c.files_partial,
)  # fmt: skip


def newest_first(table: FromClause) -> tuple[UnaryExpression[Any], ...]:
    """The order in which revisions are newer; an import completes all of a model at one moment."""
    return table.c.completed_at.desc().nulls_last(), table.c.created_at.desc(), table.c.id.desc()


def ensure(connection: Connection, entry: int, commit: str, now: datetime) -> Revision:
    """The revision of a commit, made if need be."""
    row = {"id": new_key(), "entry": entry, "commit_hash": commit, "created_at": now}
    insert_new(connection, revisions, [row], ["entry", "commit_hash"])
    found = find(connection, entry, commit)
    assert found is not None  # noqa: S101 - inserted above, in the same transaction
    return found


def find(connection: Connection, entry: int, commit: str) -> Revision | None:
    """The revision of a commit."""
    matches = (revisions.c.entry == entry, revisions.c.commit_hash == commit)
    row = connection.execute(select(*COLUMNS).where(*matches)).one_or_none()
    return as_revision(row) if row else None


def of_entry(connection: Connection, entry: int) -> list[Revision]:
    """All revisions, the newest complete one first."""
    statement = select(*COLUMNS).where(revisions.c.entry == entry).order_by(*newest_first(revisions))
    return [as_revision(row) for row in connection.execute(statement)]


def latest_complete(connection: Connection, entry: int) -> Revision | None:
    """The newest complete revision of an entry."""
    whole = (revisions.c.entry == entry, revisions.c.completed_at.is_not(None))
    statement = select(*COLUMNS).where(*whole).order_by(*newest_first(revisions)).limit(1)
    row = connection.execute(statement).one_or_none()
    return as_revision(row) if row else None


def complete(connection: Connection, revision: int, job: str | None, now: datetime) -> None:
    """A set of files that somebody asked for is complete; ``job`` is the download that brought it."""
    values = {"completed_at": now, "job": job}
    connection.execute(update(revisions).where(revisions.c.id == revision).values(**values))


def reopen(connection: Connection, revision: int) -> None:
    """What was complete no longer is."""
    connection.execute(update(revisions).where(revisions.c.id == revision).values(completed_at=None))


def set_facts(connection: Connection, revision: int, facts: RevisionFacts, now: datetime) -> None:
    """What the files of a revision tell, read at this moment."""
    values = {"facts": to_json(facts), "inspected_at": now}
    connection.execute(update(revisions).where(revisions.c.id == revision).values(**values))


def set_variants(connection: Connection, revision: int, listed: Sequence[File]) -> None:
    """What can be chosen of a revision is known when its files are listed, before any of them is here."""
    matches = revisions.c.id == revision
    known = from_json(connection.execute(select(revisions.c.facts).where(matches)).scalar_one())
    facts = to_json(replace(known, variants=variants_of(listed)))
    connection.execute(update(revisions).where(matches).values(facts=facts))


def uninspected(connection: Connection) -> list[int]:
    """The keys of complete revisions whose files nobody has read; not of entries in the trash."""
    waiting = (
        revisions.c.completed_at.is_not(None),
        revisions.c.inspected_at.is_(None),
        entries.c.deleted_at.is_(None),
    )
    statement = select(revisions.c.id).join(entries, revisions.c.entry == entries.c.id).where(*waiting)
    return list(connection.execute(statement.order_by(revisions.c.id)).scalars())


def entry_of(connection: Connection, revision: int) -> tuple[int, EntryName] | None:
    """The key and the name of the entry that a revision belongs to."""
    statement = select(entries.c.id, entries.c.hub, entries.c.kind, entries.c.repo).join(
        revisions, revisions.c.entry == entries.c.id
    )
    row = connection.execute(statement.where(revisions.c.id == revision)).one_or_none()
    return (row.id, EntryName(row.hub, Kind(row.kind), row.repo)) if row else None


def copy_traits(connection: Connection, entry: int, newest: Revision | None) -> None:
    """Let an entry's columns say what the files of its newest complete revision tell; nothing where there is none."""
    traits = Traits()
    if newest is not None:
        found = connection.execute(select(revisions.c.facts).where(revisions.c.id == newest.id)).scalar_one_or_none()
        traits = from_json(found).traits
    connection.execute(update(entries).where(entries.c.id == entry).values(**asdict(traits)))


def set_ref(connection: Connection, entry: int, name: str, commit: str, asked_at: datetime) -> bool:
    """Remember what a branch or tag meant when the hub was asked; False when it was asked again since.

    An old job that is resumed late must not turn a branch back.
    """
    if not is_newest_ref(connection, entry, name, asked_at):
        return False
    row = {"entry": entry, "name": name, "commit_hash": commit, "updated_at": asked_at}
    change = {"commit_hash": commit, "updated_at": asked_at}
    insert_or_update(connection, refs, row, ["entry", "name"], change)
    return True


def is_newest_ref(connection: Connection, entry: int, name: str, asked_at: datetime) -> bool:
    """Whether nobody has asked the hub for this branch or tag after ``asked_at``."""
    later = (refs.c.entry == entry, refs.c.name == name, refs.c.updated_at > asked_at)
    return connection.execute(select(refs.c.name).where(*later)).first() is None


def ref(connection: Connection, entry: int, name: str) -> str | None:
    """The commit that a branch or tag meant when we last asked."""
    matches = (refs.c.entry == entry, refs.c.name == name)
    return connection.execute(select(refs.c.commit_hash).where(*matches)).scalar_one_or_none()


def list_files(connection: Connection, revision: int) -> list[File]:
    """Every file of a revision, by path."""
    return files_of(connection, [revision]).get(revision, [])


def files_of(connection: Connection, keys: Sequence[int]) -> dict[int, list[File]]:
    """The files of several revisions, by path."""
    found: dict[int, list[File]] = {}
    statement = select(files).where(files.c.revision.in_(keys)).order_by(files.c.revision, files.c.path)
    for row in connection.execute(statement):
        found.setdefault(row.revision, []).append(_file(row))
    return found


def is_listed(connection: Connection, revision: int) -> bool:
    """Whether the files of a revision are known."""
    return connection.execute(select(files.c.path).where(files.c.revision == revision).limit(1)).first() is not None


def find_file(connection: Connection, revision: int, path: str) -> File | None:
    """One file of a revision; None when it has no such path."""
    row = connection.execute(select(files).where(files.c.revision == revision, files.c.path == path)).one_or_none()
    return _file(row) if row else None


def state_of(connection: Connection, revision: int, path: str) -> FileState | None:
    """The state of one file; None when the revision has no such path."""
    matches = (files.c.revision == revision, files.c.path == path)
    state = connection.execute(select(files.c.state).where(*matches)).scalar_one_or_none()
    return None if state is None else FileState(state)


def add_files(connection: Connection, revision: int, listed: Iterable[File]) -> None:
    """Write down what the hub lists; files that are known already stay as they are."""
    rows = [
        {
            "revision": revision,
            "path": file.path,
            "size": file.size,
            "digest": str(file.digest),
            "state": int(file.state),
        }
        for file in listed
    ]
    insert_new(connection, files, rows, ["revision", "path"])


def mark_files(connection: Connection, revision: int, paths: Iterable[str], state: FileState) -> None:
    """Set the state of these files; others with the same bytes are shown nowhere until they are wanted as well."""
    statement = (
        update(files).where(files.c.revision == revision, files.c.path == bindparam("wanted")).values(state=int(state))
    )
    rows = [{"wanted": path} for path in paths]
    if rows:
        connection.execute(statement, rows)


def _file(row: Row[Any]) -> File:
    return File(row.path, row.size, Digest.parse(row.digest), FileState(row.state))


def as_revision(values: Sequence[Any]) -> Revision:
    """The revision that a row of ``COLUMNS`` tells."""
    key, entry, commit, completed_at, job, facts, files_partial = values
    variants, problems = (variants_in(facts), tuple(facts["problems"])) if facts else ((), ())
    return Revision(key, entry, commit, completed_at, job, variants, problems, files_partial)
