"""The audit log as a list: who did what, and what it changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from steelyard.web.auditing import AuditQuery
from steelyard.web.shelf import Json
from steelyard.web.view.history import Export
from steelyard.web.words import Moment, count, counted, moment

AUDIT = "/api/v1/audit"
ACTIONS = ("model.", "user.", "token.", "session.", "job.", "request.", "import.", "setup")
_EXPORTS = ("csv", "json", "ndjson")
_LONGEST = 120  # letters of a value on the page; the exports have all of it
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was different afterwards, in texts; ``before`` is None where there was nothing at all."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line. ``who`` is None for what the depot did by itself; ``how`` is how it knew them."""

    id: int
    when: Moment | None
    who: str | None
    how: str
    address: str | None
    credential: str | None
    action: str
    subject: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class AuditList:
    """One page of the audit log; ``previous`` and ``next`` are None where there is no such page."""

    query: AuditQuery
    total: int
    summary: str
    rows: tuple[AuditRow, ...]
    exports: tuple[Export, ...]
    previous: AuditQuery | None
    next: AuditQuery | None


def audit(query: AuditQuery, total: int, entries: Sequence[Json], now: datetime) -> AuditList:
    """One page of lines with the links around it."""
    last = query.offset + len(entries)
    return AuditList(
        query=query,
        total=total,
        summary=_summary(query, total, len(entries)),
        rows=tuple(_row(entry, now) for entry in entries),
        exports=tuple(Export(form.upper(), f"{AUDIT}{query.api_address(format=form)}") for form in _EXPORTS),
        previous=query.at(query.offset - query.limit) if query.offset else None,
        next=query.at(last) if entries and last < total else None,
    )


def _row(entry: Json, now: datetime) -> AuditRow:
    return AuditRow(
        id=entry["id"],
        when=moment(entry["timestamp"], now),
        who=entry["username"],
        how=entry["identified_by"],
        address=entry["ip_address"],
        credential=entry["credential"],
        action=entry["action"],
        subject=entry["subject"],
        differences=_differences(entry["before"] or {}, entry["after"] or {}),
    )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    names = dict.fromkeys([*before, *after])
    changed = ((name, before.get(name), after.get(name)) for name in names)
    return tuple(
        Difference(name, _text(old) if before else None, _text(new)) for name, old, new in changed if old != new
    )


def _text(value: Any) -> str:
    if value is None:
        return _NOTHING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _summary(query: AuditQuery, total: int, shown: int) -> str:
    whole = f"{counted(total, 'change')} found" if query.is_narrowed else counted(total, "change")
    if shown == total:
        return whole
    return f"{count(query.offset + 1)}–{count(query.offset + shown)} of {whole}" if shown else whole
