"""Why a job may bring what it brings, and how much that is: all SQL of it.

A job without a row is from before there were quotas, and may.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select, update

from steelyard.downloads.tables import clearances


class Clearance(StrEnum):
    """Who or what let a job go on."""

    ADMIN = "admin"
    APPROVAL = "approval"
    LIMITS = "limits"


@dataclass(frozen=True, slots=True)
class Cleared:
    """``by`` is None while nobody's limits were held against the job's size, because it was not known."""

    by: Clearance | None


def add(connection: Connection, job_id: str, by: Clearance | None, base_bytes: int, new_bytes: int) -> None:
    """A new job: its entry has ``base_bytes``, and it brings ``new_bytes`` as far as is known."""
    values = {"job_id": job_id, "cleared_by": by, "base_bytes": base_bytes, "new_bytes": new_bytes}
    connection.execute(clearances.insert().values(**values))


def find(connection: Connection, job_id: str) -> Cleared | None:
    """What is known of a job; None for one from before there were quotas."""
    row = connection.execute(select(clearances).where(clearances.c.job_id == job_id)).one_or_none()
    return None if row is None else Cleared(Clearance(row.cleared_by) if row.cleared_by else None)


def clear(connection: Connection, job_id: str, by: Clearance) -> None:
    """The job may go on."""
    _change(connection, job_id, cleared_by=by.value)


def weigh(connection: Connection, job_id: str, base_bytes: int, new_bytes: int) -> None:
    """What the job brings is known exactly now."""
    _change(connection, job_id, base_bytes=base_bytes, new_bytes=new_bytes)


def doubt(connection: Connection, job_id: str) -> None:
    """A job that ended is tried again: what fitted into somebody's limits then may not do so now."""
    fitted = (clearances.c.job_id == job_id, clearances.c.cleared_by == Clearance.LIMITS.value)
    connection.execute(update(clearances).where(*fitted).values(cleared_by=None))


def _change(connection: Connection, job_id: str, **values: Any) -> None:
    connection.execute(update(clearances).where(clearances.c.job_id == job_id).values(**values))
