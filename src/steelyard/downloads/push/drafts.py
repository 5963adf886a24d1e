"""A commit on its way, as the tables see it: begun before its bytes are published, and true from one moment on.

A process that is killed in between leaves a revision that is not complete, which nobody is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.catalog import blobs as seals
from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.errors import busy
from steelyard.catalog.models import Entry, File, FileState
from steelyard.catalog.service import refresh_status
from steelyard.downloads.push import store
from steelyard.downloads.push.errors import outrun, repository_missing
from steelyard.downloads.push.models import Commit
from steelyard.downloads.push.publishing import Published
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller

COMMIT = "repository.commit"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to become a branch's head: ``tree`` are all files after it, ``before`` those of its parent."""

    entry: Entry
    branch: str
    commit: Commit
    tree: Mapping[str, File]
    before: Mapping[str, File]

    @property
    def files(self) -> list[File]:
        """Its files, by path."""
        return [self.tree[path] for path in sorted(self.tree)]


def begin(connection: Connection, draft: Draft) -> int:
    """List the files of the new revision, none of them here yet; returns its key. Raises as ``require_same``."""
    require_same(connection, draft)
    revision = revisions.ensure(connection, draft.entry.id, draft.commit.oid, draft.commit.at)
    listed = [File(file.path, file.size, file.digest, FileState.LISTED) for file in draft.files]
    revisions.add_files(connection, revision.id, listed)
    revisions.set_variants(connection, revision.id, listed)
    return revision.id


def conclude(
    connection: Connection, draft: Draft, revision: int, published: Sequence[Published], caller: Caller
) -> None:
    """The commit is made, and the branch means it. Raises as ``require_same``."""
    require_same(connection, draft)
    entry, commit = draft.entry.id, draft.commit
    for state in (FileState.STORED, FileState.QUARANTINED):
        paths = [path for one in published if one.taken.state is state for path in one.blob.paths]
        revisions.mark_files(connection, revision, paths, state)
    stored = {one.blob.digest: one.taken.file for one in published if one.taken.state is FileState.STORED}
    seals.seal(connection, entry, stored, commit.at)
    revisions.complete(connection, revision, None, commit.at)
    store.point(connection, entry, draft.branch, commit.oid, commit.at)
    store.add_commit(connection, entry, commit)
    store.close_uploads(connection, entry, [one.blob.digest for one in published])
    refresh_status(connection, entry)
    audit.record(connection, caller, _deed(draft), commit.at)


def require_same(connection: Connection, draft: Draft) -> None:
    """The branch is where it was, and the repository too. Raises StaleParent, RepositoryMissing, ModelBusy."""
    entry = catalog.get(connection, draft.entry.id)
    if entry is None or entry.trash is not None:
        raise repository_missing(draft.entry.name, in_trash=entry is not None)
    if entry.private != draft.entry.private:
        raise busy(str(entry.name))
    head = store.head(connection, entry.id, draft.branch)
    if head != draft.commit.parent:
        raise outrun(draft.branch, head, draft.commit.parent)


def _deed(draft: Draft) -> Deed:
    after, before = draft.tree, draft.before
    changed = sum(1 for path, file in after.items() if path not in before or before[path].digest != file.digest)
    facts = {
        "branch": draft.branch, "commit": draft.commit.oid, "title": draft.commit.title,
        "files_changed": changed, "files_removed": len(before.keys() - after.keys()),
    }  # fmt: skip
    return Deed(COMMIT, str(draft.entry.name), {"commit": draft.commit.parent}, facts)
