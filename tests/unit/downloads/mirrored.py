"""A repository on the shelf, and who asks for it."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry, EntryName, File, FileState, Revision
from steelyard.core.ref import Kind
from steelyard.downloads.models import Wanted
from steelyard.identity.principal import EVERYTHING, Access, Caller, Principal, PrincipalKind
from steelyard.testing.clock import HandClock
from steelyard.testing.source import digest_of

NAME = EntryName("huggingface", Kind.MODEL, "org/name")
COMMIT = "a" * 40
WANTED = Wanted("huggingface", "model", "org/name", COMMIT, COMMIT, (), (), grows=True)


def file(path: str, size: int = 2000, state: FileState = FileState.LISTED) -> File:
    """A file of so many bytes, unlike every other one."""
    content = (path.encode() + bytes(size))[:size]
    return File(path, size, digest_of(content), state)


def caller(name: str = "alice", number: int = 1, access: Access = EVERYTHING) -> Caller:
    """Somebody; an administrator unless it is said otherwise."""
    return Caller(Principal(number, PrincipalKind.DECLARED, name, name), "192.0.2.7", "agent", access)


def shelve(
    connection: Connection, clock: HandClock, files: Sequence[File] = (), *, commit: str = COMMIT,
    name: EntryName = NAME, complete: bool = False,
) -> tuple[Entry, Revision]:  # fmt: skip
    """A revision with these files, in these states."""
    entry = catalog.ensure(connection, name, "alice", clock.now())
    revision = revisions.ensure(connection, entry.id, commit, clock.now())
    revisions.add_files(connection, revision.id, [replace(one, state=FileState.LISTED) for one in files])
    for state in (FileState.STORED, FileState.QUARANTINED):
        paths = [one.path for one in files if one.state is state]
        revisions.mark_files(connection, revision.id, paths, state)
    if complete:
        revisions.complete(connection, revision.id, None, clock.now())
    found = revisions.find(connection, entry.id, commit)
    assert found is not None
    return entry, found
