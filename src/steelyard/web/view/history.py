"""The history of requests as a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.core.units import format_duration, format_size
from steelyard.web.badges import Badge, request_badge
from steelyard.web.history import HistoryQuery
from steelyard.web.shelf import Json
from steelyard.web.words import Moment, count, counted, moment

HISTORY = "/api/v1/downloads/history"
_EXPORTS = ("csv", "json", "ndjson")
_AGAIN = ("failed", "cancelled")


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request. ``what`` names an album or a file where there is no model.

    ``retry`` is the job that can be tried again; ``again`` the reference to ask for anew where no job remains.
    ``facts`` are the fine print, label and value.
    """

    task_id: str
    who: str
    address: str
    model: str | None
    what: str
    badge: Badge
    when: Moment | None
    size: str | None
    took: str | None
    error: str | None
    hint: str | None
    retry: str | None
    again: str | None
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Export:
    """All of these requests in another form; ``path`` is below the prefix."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class History:
    """One page of requests; ``previous`` and ``next`` are None where there is no such page."""

    query: HistoryQuery
    total: int
    summary: str
    rows: tuple[RequestRow, ...]
    exports: tuple[Export, ...]
    previous: HistoryQuery | None
    next: HistoryQuery | None


def history(query: HistoryQuery, total: int, requests: Sequence[Json], now: datetime) -> History:
    """One page of requests with the links around it."""
    last = query.offset + len(requests)
    return History(
        query=query,
        total=total,
        summary=_summary(query, total, len(requests)),
        rows=tuple(request_row(request, now) for request in requests),
        exports=tuple(Export(form.upper(), f"{HISTORY}{query.api_address(format=form)}") for form in _EXPORTS),
        previous=query.at(query.offset - query.limit) if query.offset else None,
        next=query.at(last) if requests and last < total else None,
    )


def request_row(request: Json, now: datetime) -> RequestRow:
    """A request of SPEC section 11 as a row."""
    model, job = request.get("model"), request.get("job_id")
    fails = request["status"] in _AGAIN
    return RequestRow(
        task_id=request["task_id"],
        who=request["username"],
        address=request.get("vpn_ip") or "",
        model=model,
        what=model or _album(request),
        badge=request_badge(request["status"]),
        when=moment(request.get("timestamp"), now),
        size=None if request.get("total_size") is None else format_size(request["total_size"]),
        took=_took(request),
        error=request.get("error"),
        hint=request.get("hint"),
        retry=job if fails else None,
        again=_reference(request) if fails and not job else None,
        facts=tuple((label, text) for label, text in _facts(request) if text),
    )


def _facts(request: Json) -> tuple[tuple[str, str | None], ...]:
    number, done = request.get("file_count"), request.get("completed_files") or 0
    return (
        ("Revision", request.get("revision")),
        ("Files", f"{count(done)} of {count(number)}" if number else None),
        ("Known by", request.get("identified_by")),
        ("Folder", request.get("album_directory")),
        ("Request", request["task_id"]),
        ("Job", request.get("job_id")),
    )


def _album(request: Json) -> str:
    parts = [part for part in (request.get("artist"), request.get("album")) if part]
    return " – ".join(parts) or request.get("kind") or "something"


def _reference(request: Json) -> str | None:
    model, revision = request.get("model"), request.get("revision")
    return f"{model}@{revision}" if model and revision else model


def _took(request: Json) -> str | None:
    start, end = request.get("timestamp"), request.get("completed_at")
    if start is None or end is None:
        return None
    return format_duration(max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()))


def _summary(query: HistoryQuery, total: int, shown: int) -> str:
    whole = f"{counted(total, 'request')} found" if query.is_narrowed else counted(total, "request")
    if shown == total:
        return whole
    return f"{count(query.offset + 1)}–{count(query.offset + shown)} of {whole}" if shown else whole
