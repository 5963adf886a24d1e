"""All SQL of findings: written once while they are open, resolved when what was wrong is gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, not_, or_, select, update

from steelyard.catalog.care.models import LOSSES, WRONG_BYTES, Finding, Loss, Outcome, Problem, Stray
from steelyard.catalog.models import EntryName
from steelyard.catalog.tables import entries, findings, revisions
from steelyard.core.ref import Kind

Found = Stray | Loss
_MANY = 500  # paths in one IN list; databases have limits
_SHOWN = select(findings, entries.c.hub, entries.c.kind, entries.c.repo).join(
    entries, findings.c.entry == entries.c.id, isouter=True
)
_IS_LOSS = findings.c.problem.in_([problem.value for problem in LOSSES])


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Which findings a list shows; None means any. ``viewer`` is the only owner of private models that are shown."""

    open: bool = True
    problem: Problem | None = None
    entry: int | None = None
    job: str | None = None
    viewer: str | None = None


def report(connection: Connection, found: Sequence[Found], job: str | None, now: datetime) -> None:
    """Write down what was found. What is open already stays, but a loss belongs to the job that saw it last."""
    known = _open(connection, [item.path for item in found])
    again = [known[_key(item)] for item in found if isinstance(item, Loss) and _key(item) in known]
    for start in range(0, len(again), _MANY):
        some = findings.c.id.in_(again[start : start + _MANY])
        connection.execute(update(findings).where(some).values(job=job))
    rows = {_key(item): _row(item, job, now) for item in found if _key(item) not in known}
    if rows:
        connection.execute(findings.insert(), list(rows.values()))


def resolve_unseen(connection: Connection, seen: Iterable[Found], since: datetime, now: datetime) -> None:
    """After a whole scan that began at ``since``: what it did not see any more is resolved.

    A loss is not seen twice, because the catalog stops believing in the file: it is resolved when its model has a
    complete revision again, or is deleted.
    """
    there = {_key(item) for item in seen}
    older = (findings.c.resolved_at.is_(None), findings.c.found_at < since)
    strays = select(findings.c.id, findings.c.problem, findings.c.path).where(*older, ~_IS_LOSS)
    gone = [row.id for row in connection.execute(strays) if (row.problem, row.path) not in there]
    for start in range(0, len(gone), _MANY):
        _resolve(connection, findings.c.id.in_(gone[start : start + _MANY]), now)
    _resolve(connection, _IS_LOSS & findings.c.entry.in_(_whole()) & (findings.c.found_at < since), now)


def resolve_losses(connection: Connection, entry: int, now: datetime) -> None:
    """The entry is complete again: nothing it lost is missed any more."""
    _resolve(connection, _IS_LOSS & (findings.c.entry == entry), now)


def list_page(connection: Connection, wanted: FindingFilter, limit: int, offset: int) -> tuple[int, list[Finding]]:
    """The true total and one page, newest first."""
    conditions = _conditions(wanted)
    joined = findings.join(entries, findings.c.entry == entries.c.id, isouter=True)
    total = connection.execute(select(func.count()).select_from(joined).where(*conditions)).scalar_one()
    newest = _SHOWN.where(*conditions).order_by(findings.c.found_at.desc(), findings.c.id.desc())
    return total, [_finding(row) for row in connection.execute(newest.limit(limit).offset(offset))]


def outcome_of(connection: Connection, job: str, right: int, entry: int | None = None) -> Outcome:
    """What a job found, of one entry or of all."""
    mine = [findings.c.job == job]
    if entry is not None:
        mine.append(findings.c.entry == entry)
    counted = select(findings.c.problem, func.count()).where(*mine).group_by(findings.c.problem)
    counts = {Problem(row[0]): row[1] for row in connection.execute(counted)}
    strays = sum(number for problem, number in counts.items() if problem not in LOSSES)
    damaged = sum(counts.get(problem, 0) for problem in WRONG_BYTES)
    return Outcome(right, damaged, counts.get(Problem.MISSING, 0), strays)


def _open(connection: Connection, paths: Sequence[str]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(paths), _MANY):
        some = (findings.c.resolved_at.is_(None), findings.c.path.in_(paths[start : start + _MANY]))
        rows = connection.execute(select(findings.c.id, findings.c.problem, findings.c.path).where(*some))
        found |= {(row.problem, row.path): row.id for row in rows}
    return found


def _whole() -> Any:
    complete = select(revisions.c.entry).where(revisions.c.completed_at.is_not(None))
    return select(entries.c.id).where(entries.c.id.in_(complete) | entries.c.deleted_at.is_not(None))


def _resolve(connection: Connection, matches: ColumnElement[bool], now: datetime) -> None:
    connection.execute(update(findings).where(findings.c.resolved_at.is_(None), matches).values(resolved_at=now))


def _conditions(wanted: FindingFilter) -> list[ColumnElement[bool]]:
    is_open = findings.c.resolved_at.is_(None) if wanted.open else findings.c.resolved_at.is_not(None)
    equal = {findings.c.entry: wanted.entry, findings.c.job: wanted.job}
    if wanted.problem is not None:
        equal[findings.c.problem] = wanted.problem.value
    conditions = [is_open, *(column == value for column, value in equal.items() if value is not None)]
    if wanted.viewer is not None:
        public = or_(entries.c.id.is_(None), not_(entries.c.private), entries.c.owner == wanted.viewer)
        conditions.append(public)
    return conditions


def _key(item: Found) -> tuple[str, str]:
    return item.problem.value, item.path


def _row(item: Found, job: str | None, now: datetime) -> dict[str, Any]:
    return {
        "problem": item.problem.value, "path": item.path, "entry": item.entry, "detail": item.detail,
        "size": item.size, "found_at": now, "job": job,
    }  # fmt: skip


def _finding(row: Row[Any]) -> Finding:
    model = None if row.repo is None else EntryName(row.hub, Kind(row.kind), row.repo)
    return Finding(
        id=row.id, problem=Problem(row.problem), path=row.path, detail=row.detail, model=model, size=row.size,
        job=row.job, found_at=row.found_at, resolved_at=row.resolved_at,
    )  # fmt: skip
