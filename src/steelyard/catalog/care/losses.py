"""What is gone or wrong stops being on the shelf: in the table first, then on the disk."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from steelyard.catalog import blobs, revisions, store
from steelyard.catalog.care import findings
from steelyard.catalog.care.models import WRONG_BYTES, Loss
from steelyard.catalog.models import FileState
from steelyard.catalog.service import refresh_status
from steelyard.catalog.tables import files
from steelyard.catalog.tables import revisions as revision_rows


def take_down(connection: Connection, losses: Sequence[Loss], job: str | None, now: datetime) -> list[Loss]:
    """Files of these losses are listed only, their revisions no longer complete, and a finding says why.

    Returns the losses that were still believed. One that is not (it was taken down, deleted or brought anew meanwhile)
    changes nothing; wrong bytes are reported all the same.
    """
    believed = [loss for loss in losses if _take_down(connection, loss)]
    for entry in {loss.entry for loss in believed}:
        refresh_status(connection, entry)
    findings.report(connection, [loss for loss in losses if loss in believed or loss.problem in WRONG_BYTES], job, now)
    return believed


def _take_down(connection: Connection, loss: Loss) -> bool:
    entry = store.get(connection, loss.entry)
    if entry is None or entry.deleted_at is not None:
        return False
    lost: dict[int, list[str]] = {}
    chosen = select(files.c.revision, files.c.path).join(revision_rows, files.c.revision == revision_rows.c.id)
    for row in connection.execute(chosen.where(*_matches(loss))):
        lost.setdefault(row.revision, []).append(row.path)
    for revision, paths in lost.items():
        revisions.mark_files(connection, revision, paths, FileState.LISTED)
        revisions.reopen(connection, revision)
    if loss.digest is not None:
        blobs.unseal(connection, loss.entry, [loss.digest])
    return bool(lost)


def _matches(loss: Loss) -> list[ColumnElement[bool]]:
    matches = [revision_rows.c.entry == loss.entry, files.c.state == int(loss.state)]
    if loss.digest is not None:
        matches.append(files.c.digest == str(loss.digest))
    if loss.revision is not None:
        matches.append(files.c.revision == loss.revision)
    if loss.names:
        matches.append(files.c.path.in_(loss.names))
    return matches
