"""All SQL of what verifications and scans came to, and of what is remembered of the store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, not_, or_, select

from steelyard.catalog.care.models import Check, Outcome, StoreRecord, Usage
from steelyard.catalog.models import EntryName
from steelyard.catalog.tables import checks, entries, stores
from steelyard.core.ref import Kind
from steelyard.db.upsert import insert_or_update

_THE_STORE = 1  # a depot has one
_SHOWN = select(checks, entries.c.hub, entries.c.kind.label("model_kind"), entries.c.repo).join(
    entries, checks.c.entry == entries.c.id, isouter=True
)


@dataclass(frozen=True, slots=True)
class CheckFilter:
    """Which checks a list shows; None means any. ``viewer`` is the only owner of private models that are shown."""

    kind: str | None = None
    entry: int | None = None
    job: str | None = None
    viewer: str | None = None


def finish(
    connection: Connection,
    job: str,
    kind: str,
    outcome: Outcome,
    *,
    started_at: datetime,
    now: datetime,
    entry: int | None = None,
) -> None:
    """A check came to its end."""
    values = {
        "kind": kind, "entry": entry, "started_at": started_at, "finished_at": now, "right_count": outcome.right,
        "damaged_count": outcome.damaged, "missing_count": outcome.missing, "stray_count": outcome.strays,
    }  # fmt: skip
    insert_or_update(connection, checks, {"job": job, **values}, ["job"], values)


def list_page(connection: Connection, wanted: CheckFilter, limit: int, offset: int) -> tuple[int, list[Check]]:
    """The true total and one page, newest first."""
    equal = {checks.c.kind: wanted.kind, checks.c.entry: wanted.entry, checks.c.job: wanted.job}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.viewer is not None:
        conditions.append(or_(entries.c.id.is_(None), not_(entries.c.private), entries.c.owner == wanted.viewer))
    joined = checks.join(entries, checks.c.entry == entries.c.id, isouter=True)
    total = connection.execute(select(func.count()).select_from(joined).where(*conditions)).scalar_one()
    newest = _SHOWN.where(*conditions).order_by(checks.c.finished_at.desc(), checks.c.job.desc())
    return total, [_check(row) for row in connection.execute(newest.limit(limit).offset(offset))]


def store_record(connection: Connection) -> StoreRecord:
    """What is remembered of the store."""
    row = connection.execute(select(stores).where(stores.c.id == _THE_STORE)).one_or_none()
    if row is None:
        return StoreRecord()
    usage = None
    if row.scanned_at is not None:
        sizes = (row.hub_bytes, row.quarantine_bytes, row.trash_bytes, row.parts_bytes, row.foreign_bytes)
        usage = Usage(*sizes)
    return StoreRecord(row.identity, usage, row.scanned_at)


def remember_store(connection: Connection, identity: str) -> None:
    """By this name the store is known from now on."""
    values = {"identity": identity}
    insert_or_update(connection, stores, {"id": _THE_STORE, **values}, ["id"], values)


def remember_usage(connection: Connection, usage: Usage, now: datetime) -> None:
    """What a scan counted."""
    values = {
        "scanned_at": now, "hub_bytes": usage.hub, "quarantine_bytes": usage.quarantine, "trash_bytes": usage.trash,
        "parts_bytes": usage.parts, "foreign_bytes": usage.foreign,
    }  # fmt: skip
    insert_or_update(connection, stores, {"id": _THE_STORE, **values}, ["id"], values)


def _check(row: Row[Any]) -> Check:
    model = None if row.repo is None else str(EntryName(row.hub, Kind(row.model_kind), row.repo))
    outcome = Outcome(row.right_count, row.damaged_count, row.missing_count, row.stray_count)
    return Check(row.job, row.kind, model, outcome, row.started_at, row.finished_at)
