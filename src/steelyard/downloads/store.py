"""All SQL of requests."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from steelyard.catalog.hidden import hidden_from
from steelyard.core.ids import new_uuid
from steelyard.db.keyset import Mark, going_on
from steelyard.db.order import By, read_page
from steelyard.downloads import names
from steelyard.downloads.models import CHARGED, OPEN, Ask, DownloadRequest, RequestStatus
from steelyard.downloads.tables import LARGEST, NEWEST, requests

BY_MOMENT = "newest"
SORTS: dict[str, tuple[By, ...]] = {
    BY_MOMENT: NEWEST,
    "oldest": (By(requests.c.timestamp), By(requests.c.id)),
    "size": LARGEST,
    "user": (By(requests.c.username), *NEWEST),
    "model": (By(requests.c.model, nulls_last=True), *NEWEST),
    "status": (By(requests.c.status, descending=True), *NEWEST),  # backwards through its index; what waits comes first
}

_FIELDS = tuple(field.name for field in fields(DownloadRequest))
_COLUMNS = tuple(requests.c[name] for name in _FIELDS)
_STATUS = _FIELDS.index("status")
_EQUAL = ("username", "vpn_ip", "status", "model", "kind", "source", "job_id")


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests a list shows; None means any. ``since`` is included, ``until`` is not.

    ``text`` is part of a model's, an artist's or an album's name, whatever the case; ``sort`` one of ``SORTS``.
    ``viewer`` is the only owner whose private models' requests are shown; None shows all.
    """

    username: str | None = None
    vpn_ip: str | None = None
    status: RequestStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
    model: str | None = None
    kind: str | None = None
    source: str | None = None
    job_id: str | None = None
    text: str | None = None
    sort: str = BY_MOMENT
    viewer: str | None = None


def insert(
    connection: Connection, ask: Ask, model: str, status: RequestStatus, now: datetime, *, source: str, **more: Any
) -> str:
    """A new request; returns its task id. ``source`` is the hub; ``more`` are further columns."""
    task_id = new_uuid()
    values = {
        "task_id": task_id, "username": ask.caller.name, "vpn_ip": ask.caller.address, "status": status.value,
        "timestamp": now, "kind": "model", "model": model, "source": source,
        "name": names.number(connection, model), "identified_by": ask.caller.identified_by,
        "principal": ask.caller.principal.id, "agent": ask.caller.user_agent or None, "completed_files": 0,
        "is_use": False, "asked_as": ask.caller.access.role.value if ask.caller.access.role else None,
    }  # fmt: skip
    connection.execute(requests.insert().values(**values | more))
    return task_id


def get(connection: Connection, task_id: str) -> DownloadRequest | None:
    """One request."""
    row = connection.execute(select(*_COLUMNS).where(requests.c.task_id == task_id)).one_or_none()
    return _request(row) if row else None


def require(connection: Connection, task_id: str) -> DownloadRequest:
    """One request that must be there."""
    return _request(connection.execute(select(*_COLUMNS).where(requests.c.task_id == task_id)).one())


def list_page(
    connection: Connection, wanted: RequestFilter, limit: int, offset: int
) -> tuple[int, list[DownloadRequest]]:
    """The true total and one page."""
    total = count(connection, wanted)
    return total, page(connection, wanted, limit, offset, total)


def count(connection: Connection, wanted: RequestFilter) -> int:
    """How many there are."""
    return connection.execute(select(func.count()).select_from(requests).where(*conditions(wanted))).scalar_one()


def page(
    connection: Connection, wanted: RequestFilter, limit: int, offset: int, total: int | None
) -> list[DownloadRequest]:
    """One page, of ``total`` if that is known."""
    rows = read_page(
        connection, requests, conditions(wanted), SORTS[wanted.sort],
        total=total, limit=limit, offset=offset, shown=select(*_COLUMNS),
    )  # fmt: skip
    return [_request(row) for row in rows]


def list_slice(
    connection: Connection, wanted: RequestFilter, mark: Mark | None, limit: int, offset: int
) -> list[DownloadRequest]:
    """The next rows behind ``mark``, newest first; the first ones, without ``offset`` rows, when there is none yet."""
    newest = select(*_COLUMNS).where(*conditions(wanted)).order_by(*(by.clause() for by in NEWEST)).limit(limit)
    slice_ = going_on(newest, requests.c.timestamp, requests.c.id, mark, offset)
    return [_request(row) for row in connection.execute(slice_)]


def mark_of(request: DownloadRequest) -> Mark:
    """Where a slice ends that ends with this request."""
    return Mark(request.timestamp, request.id)


def of_job(connection: Connection, job_id: str) -> list[DownloadRequest]:
    """The requests that wait on a job, or waited, the earliest first."""
    statement = select(*_COLUMNS).where(requests.c.job_id == job_id).order_by(requests.c.id)
    return [_request(row) for row in connection.execute(statement)]


def latest_of(
    connection: Connection, principal: int, entry: int, commit: str, since: datetime
) -> DownloadRequest | None:
    """The last request of somebody for one revision since a moment, whether it goes on or ended well."""
    mine = (requests.c.principal == principal, requests.c.entry == entry, requests.c.revision == commit)
    good = (requests.c.timestamp > since, requests.c.status.in_(CHARGED))
    newest = select(*_COLUMNS).where(*mine, *good).order_by(requests.c.id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return _request(row) if row else None


def refs_of_job(connection: Connection, job_id: str) -> dict[str, datetime]:
    """The branches and tags by which a job's requests asked, and when the last one did."""
    newest = select(requests.c.ref, func.max(requests.c.timestamp).label("asked_at")).group_by(requests.c.ref)
    named = newest.where(requests.c.job_id == job_id, requests.c.ref.is_not(None))
    return {row.ref: row.asked_at for row in connection.execute(named)}


def askers(connection: Connection, job_ids: list[str]) -> dict[str, list[str]]:
    """The names of those who wait on some jobs, the earliest first."""
    statement = select(requests.c.job_id, requests.c.username).where(requests.c.job_id.in_(job_ids))
    found: dict[str, list[str]] = {}
    for row in connection.execute(statement.order_by(requests.c.id)):
        names = found.setdefault(row.job_id, [])
        if row.username not in names:
            names.append(row.username)
    return found


def change(connection: Connection, task_id: str, **values: Any) -> None:
    """Set columns of one request."""
    connection.execute(update(requests).where(requests.c.task_id == task_id).values(**values))


def discharge(connection: Connection, entry: int) -> None:
    """Nothing of an entry is left: whoever brings it anew is charged for it."""
    connection.execute(update(requests).where(requests.c.entry == entry, requests.c.brings).values(brings=False))


def discharge_requests(connection: Connection, keys: Sequence[int]) -> None:
    """Somebody else is charged for what these requests share."""
    connection.execute(update(requests).where(requests.c.id.in_(keys)).values(brings=False))


def update_open(connection: Connection, job_id: str, **values: Any) -> None:
    """Change the requests of a job that have not ended."""
    waiting = (requests.c.job_id == job_id, requests.c.status.in_(OPEN))
    connection.execute(update(requests).where(*waiting).values(**values))


def begin_moving(connection: Connection, job_id: str) -> None:
    """Bytes of a job begin to move."""
    update_open(connection, job_id, status=RequestStatus.DOWNLOADING.value)


def count_files(connection: Connection, job_id: str, arrived: int) -> None:
    """More files of a job are on the shelf."""
    update_open(connection, job_id, completed_files=requests.c.completed_files + arrived)


def measure_open(connection: Connection, job_id: str, **values: Any) -> None:
    """How much a job brings, for those of its open requests that are about nothing else: a request that goes on after
    it was complete is about what came before as well."""
    waiting = (requests.c.job_id == job_id, requests.c.status.in_(OPEN), requests.c.counted_at.is_(None))
    connection.execute(update(requests).where(*waiting).values(**values))


def expect(connection: Connection, job_id: str, count: int, size: int) -> None:
    """A job is to bring more files, and all its open requests are about them."""
    files, total = func.coalesce(requests.c.file_count, 0) + count, func.coalesce(requests.c.total_size, 0) + size
    update_open(connection, job_id, file_count=files, total_size=total)


def reopen(connection: Connection, job_id: str) -> int:
    """The job is tried again: its requests wait again; returns how many."""
    ended = (RequestStatus.FAILED.value, RequestStatus.CANCELLED.value)
    matches = (requests.c.job_id == job_id, requests.c.status.in_(ended))
    values = {"status": RequestStatus.PENDING.value, "error": None, "completed_at": None}
    return connection.execute(update(requests).where(*matches).values(**values)).rowcount


def has_open(connection: Connection, job_id: str) -> bool:
    """Whether anybody waits on a job."""
    waits = (requests.c.job_id == job_id, requests.c.status.in_(OPEN))
    return connection.execute(select(requests.c.id).where(*waits).limit(1)).first() is not None


def detach(connection: Connection, task_id: str, now: datetime) -> None:
    """The asker calls it off: the request ends and no longer waits on its job."""
    values = {"status": RequestStatus.CANCELLED.value, "job_id": None, "completed_at": now}
    connection.execute(update(requests).where(requests.c.task_id == task_id).values(**values))


def conditions(wanted: RequestFilter) -> list[ColumnElement[bool]]:
    """What a request must be to be shown."""
    given = {name: getattr(wanted, name) for name in _EQUAL}
    found = [requests.c[name] == value for name, value in given.items() if value is not None]
    if wanted.since is not None:
        found.append(requests.c.timestamp >= wanted.since)
    if wanted.until is not None:
        found.append(requests.c.timestamp < wanted.until)
    if wanted.text is not None:
        found.append(requests.c.name.in_(names.mentioning(wanted.text)))
    hidden = hidden_from(wanted.viewer)
    if hidden is not None:
        found.append(or_(requests.c.entry.is_(None), requests.c.entry.not_in(hidden)))
    return found


def _request(row: Sequence[Any]) -> DownloadRequest:
    """By place: reading 24 columns by name took longer than making the request."""
    values = list(row)
    values[_STATUS] = RequestStatus(values[_STATUS])
    return DownloadRequest(*values)
