"""Which files of a revision clients of the mirror asked for, one by one: all SQL of it.

The key is that of the job that brings them, so that a job which comes back after a restart knows what is wanted. Once
the job has ended nothing of it is wanted any more, except by whoever tries a failed one again.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from steelyard.catalog.models import FileState
from steelyard.catalog.tables import files
from steelyard.db.upsert import insert_new
from steelyard.downloads.tables import mirror_wants
from steelyard.jobs.models import LIVE
from steelyard.jobs.tables import jobs


def add(connection: Connection, job_key: str, paths: Iterable[str], now: datetime) -> None:
    """These files are wanted as well."""
    rows = [{"job_key": job_key, "path": path, "asked_at": now} for path in paths]
    if rows:
        insert_new(connection, mirror_wants, rows, ["job_key", "path"])


def paths(connection: Connection, job_key: str) -> list[str]:
    """What is wanted, in the order in which it was asked for."""
    wanted = select(mirror_wants.c.path).where(mirror_wants.c.job_key == job_key)
    return list(connection.execute(wanted.order_by(mirror_wants.c.asked_at, mirror_wants.c.path)).scalars())


def clear(connection: Connection, job_key: str) -> None:
    """Nothing is wanted any more."""
    connection.execute(delete(mirror_wants).where(mirror_wants.c.job_key == job_key))


def settle(connection: Connection, job_key: str, revision: int) -> None:
    """What is here now is no longer wanted; what was asked for at the last moment still is."""
    here = select(files.c.path).where(files.c.revision == revision, files.c.state != int(FileState.LISTED))
    done = (mirror_wants.c.job_key == job_key, mirror_wants.c.path.in_(here))
    connection.execute(delete(mirror_wants).where(*done))


def forget(connection: Connection, before: datetime) -> int:
    """What was not asked for since a moment is no longer wanted, unless a job is about it; returns how many files."""
    busy = select(jobs.c.dedupe_key).where(jobs.c.status.in_(LIVE))
    old = (mirror_wants.c.asked_at < before, mirror_wants.c.job_key.not_in(busy))
    return connection.execute(delete(mirror_wants).where(*old)).rowcount
