"""What the tables say about what a client names: all SQL of it, without a look at the hub."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from steelyard.catalog import aliases, revisions, rights
from steelyard.catalog import store as catalog
from steelyard.catalog.errors import inactive
from steelyard.catalog.models import LOCAL_HUBS, Entry, Revision
from steelyard.catalog.tables import refs
from steelyard.core.ref import Reference, is_commit
from steelyard.downloads import answers
from steelyard.downloads.mirror.models import Named, Placed
from steelyard.downloads.mirror.upstream import SOURCE
from steelyard.identity.principal import Caller
from steelyard.sources.errors import RepositoryMissing
from steelyard.sources.protocol import Repository

DEFAULT = "main"


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables say. ``asked_at`` is when the hub said which commit it is; ``fallback`` is the best that is here
    while the hub cannot be asked; what ``is_settled`` need never be asked again."""

    entry: Entry | None
    commit: str | None = None
    asked_at: datetime | None = None
    fallback: Revision | None = None
    is_settled: bool = False


def missing(repository: Repository) -> RepositoryMissing:
    """Neither here nor at the hub, as far as the caller may know."""
    return RepositoryMissing(f"There is no {repository.kind.value} called {repository.name}.", hint="steelyard ls")


def find_known(connection: Connection, named: Named, caller: Caller) -> Known:
    """What the tables say. Raises RepositoryMissing for what the caller may not see, ModelInactive."""
    entry = catalog.find_by_repo(connection, named.repository.kind, named.repository.name)
    if entry is None:
        return Known(None)
    if not rights.may_see(entry, caller):
        raise missing(named.repository)
    if entry.trash is not None:
        if entry.name.hub in LOCAL_HUBS and not entry.trash.is_purged:
            raise missing(named.repository)  # its name is for no hub's ears
        return Known(None)
    if not entry.active:
        raise inactive(str(entry.name))
    if named.revision is not None and is_commit(named.revision):
        return _at_commit(connection, entry, named.revision)
    return _at_ref(connection, entry, named.revision or DEFAULT)


def find_alias(connection: Connection, repository: Repository, caller: Caller) -> Repository | None:
    """What the team calls so, of what is on the shelf. Only where the hub has nothing of that name: else whoever may
    name a model could pass theirs off as the hub's."""
    key = aliases.find(connection, Reference(repository.name, repository.kind), rights.viewer(caller))
    entry = None if key is None else catalog.get(connection, key)
    if entry is None or entry.trash is not None:  # two in the trash may bear each other's names
        return None
    return Repository(entry.name.kind, entry.name.repo)


def place_known(connection: Connection, known: Known, commit: str) -> Placed:
    """A commit of an entry that the tables know, with its revision where all of its files are listed."""
    entry = known.entry
    assert entry is not None  # noqa: S101 - a commit of the tables has an entry
    revision = revisions.find(connection, entry.id, commit)
    document = answers.description(connection, revision.id) if revision else None
    is_whole = revision is not None and not revision.files_partial and revisions.is_listed(connection, revision.id)
    return Placed(
        entry.name, commit, entry, revision if is_whole else None, document, bool((document or {}).get("gated"))
    )


def _at_commit(connection: Connection, entry: Entry, commit: str) -> Known:
    revision = revisions.find(connection, entry.id, commit)
    if revision is None:
        return Known(entry)
    local = entry.name.hub != SOURCE
    whole = not revision.files_partial and revisions.is_listed(connection, revision.id)
    return Known(entry, commit, fallback=revision, is_settled=local or whole)


def _at_ref(connection: Connection, entry: Entry, name: str) -> Known:
    mirrored, pulled = answers.ref(connection, entry.id, name), _pulled(connection, entry.id, name)
    said = max((one for one in (mirrored, pulled) if one is not None), key=lambda one: one.at, default=None)
    fallback = _fallback(connection, entry, [one.value for one in (said, pulled, mirrored) if one is not None], name)
    if entry.name.hub != SOURCE:
        commit = pulled.value if pulled else fallback.commit if fallback else None
        return Known(entry, commit, is_settled=commit is not None)
    return Known(entry, said.value if said else None, said.at if said else None, fallback)


def _pulled(connection: Connection, entry: int, name: str) -> answers.Said | None:
    matches = (refs.c.entry == entry, refs.c.name == name)
    row = connection.execute(select(refs.c.commit_hash, refs.c.updated_at).where(*matches)).one_or_none()
    return None if row is None else answers.Said(row.commit_hash, row.updated_at)


def _fallback(connection: Connection, entry: Entry, commits: list[str], name: str) -> Revision | None:
    """The best of what is here, for when the hub cannot be asked: complete rather than not."""
    found = [revision for commit in commits if (revision := revisions.find(connection, entry.id, commit))]
    if name == DEFAULT:
        found += revisions.of_entry(connection, entry.id)[:1]
    return next((one for one in found if one.completed_at is not None), found[0] if found else None)
