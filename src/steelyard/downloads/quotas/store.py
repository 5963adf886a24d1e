"""All SQL of quotas."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from steelyard.db.upsert import insert_or_update
from steelyard.downloads.quotas.models import (
    Limits,
    Payer,
    Period,
    Quota,
    QuotaRow,
    Subject,
    SubjectKind,
    merged,
)
from steelyard.downloads.tables import quotas

_ORDER = [kind.value for kind in SubjectKind]


def find(connection: Connection, subject: Subject) -> QuotaRow | None:
    """The quota of exactly this subject."""
    row = connection.execute(select(quotas).where(_is(subject))).one_or_none()
    return _row(row) if row else None


def list_page(connection: Connection, limit: int, offset: int) -> tuple[int, list[QuotaRow]]:
    """The true total and one page, by kind and name."""
    total = connection.execute(select(func.count()).select_from(quotas)).scalar_one()
    ordered = select(quotas).order_by(quotas.c.kind, quotas.c.name_key).limit(limit).offset(offset)
    return total, [_row(row) for row in connection.execute(ordered)]


def put(connection: Connection, subject: Subject, quota: Quota, by: str, now: datetime) -> None:
    """Set the quota of a subject, whatever it was."""
    values = {**quota.facts, "name": subject.name, "changed_at": now, "changed_by": by[:200]}
    keys = {"kind": subject.kind.value, "name_key": subject.key}
    insert_or_update(connection, quotas, keys | values, list(keys), values)


def remove(connection: Connection, subject: Subject) -> None:
    """Let a subject have no quota of its own."""
    connection.execute(delete(quotas).where(_is(subject)))


def forget(connection: Connection, name: str, pseudonym: str) -> None:
    """Somebody is forgotten: their own quota goes, and what they set for others says the pseudonym."""
    remove(connection, Subject(SubjectKind.USER, name))
    connection.execute(update(quotas).where(quotas.c.changed_by == name).values(changed_by=pseudonym))


def limits_of(connection: Connection, payer: Payer) -> Limits:
    """What counts for one person; no limits for an administrator."""
    if payer.is_exempt:
        return Limits()
    found = connection.execute(select(quotas).where(or_(*(_is(subject) for subject in payer.subjects))))
    rows = sorted((_row(row) for row in found), key=lambda row: _ORDER.index(row.subject.kind.value))
    return merged([row.quota for row in rows])


def _is(subject: Subject) -> ColumnElement[bool]:
    return and_(quotas.c.kind == subject.kind.value, quotas.c.name_key == subject.key)


def _row(row: Row[Any]) -> QuotaRow:
    quota = Quota(row.held_bytes, row.period_bytes, row.period_requests, Period(row.period))
    return QuotaRow(Subject(SubjectKind(row.kind), row.name), quota, row.changed_at, row.changed_by)
