"""Revisions of which an import found some files, while only the hub knows whether there are more.

Such a revision counts as complete for what was found; whoever pulls it asks the hub for the full list first.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, update

from steelyard.catalog.models import File, Revision
from steelyard.catalog.revisions import add_files, list_files, reopen
from steelyard.catalog.tables import files, revisions


def add_found(connection: Connection, revision: Revision, found: Sequence[File], *, whole: bool) -> list[File]:
    """Write down what an import found, none of it here yet; returns the files that may belong to the revision.

    Where the hub's list is known, only what stands in it with the same bytes belongs. ``whole``: there can be no more.
    """
    known = {file.path: file for file in list_files(connection, revision.id)}
    if known and not revision.files_partial:
        return [file for file in found if _agree(file, known.get(file.path))]
    add_files(connection, revision.id, found)
    if not whole:
        _mark(connection, revision.id, is_partial=True)
    return [file for file in found if file.path not in known or _agree(file, known[file.path])]


def settle(connection: Connection, revision: int, listed: Sequence[File]) -> list[File]:
    """The hub has told the full list, and its word wins; returns the files as they stand then.

    What an import found under a name that the hub does not have, or with other bytes, does not belong.
    """
    right = {file.path: file for file in listed}
    wrong = [file.path for file in list_files(connection, revision) if not _agree(file, right.get(file.path))]
    if wrong:
        here = (files.c.revision == revision, files.c.path == bindparam("wrong"))
        connection.execute(delete(files).where(*here), [{"wrong": path} for path in wrong])
        reopen(connection, revision)
    add_files(connection, revision, listed)
    _mark(connection, revision, is_partial=False)
    return list_files(connection, revision)


def _agree(one: File, other: File | None) -> bool:
    return other is not None and (one.size, one.digest) == (other.size, other.digest)


def _mark(connection: Connection, revision: int, *, is_partial: bool) -> None:
    connection.execute(update(revisions).where(revisions.c.id == revision).values(files_partial=is_partial))
