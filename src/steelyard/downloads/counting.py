"""How requests end well, and which of them count as a use: SQL of both."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from steelyard.downloads import uses
from steelyard.downloads.models import DownloadRequest, RequestStatus
from steelyard.downloads.tables import requests


def complete(connection: Connection, request: DownloadRequest, revision: str | None, now: datetime) -> bool:
    """End a request well; returns whether it counts as a use.

    A use is the pulls of one revision by one principal within 24 hours: the first of them counts. A request that
    counted already is not a use again.
    """
    is_use = request.counted_at is None and not used_lately(connection, request.principal, request.entry, revision, now)
    values = {
        "status": RequestStatus.COMPLETED.value, "completed_at": now, "revision": revision,
        "counted_at": request.counted_at or now, "error": None,
        "completed_files": func.coalesce(requests.c.file_count, 0), **({"is_use": True} if is_use else {}),
    }  # fmt: skip
    connection.execute(update(requests).where(requests.c.id == request.id).values(**values))
    return is_use


def used_lately(connection: Connection, principal: int, entry: int | None, revision: str | None, now: datetime) -> bool:
    """Whether a use of this revision by this principal was counted within 24 hours."""
    mine = (requests.c.principal == principal, requests.c.entry == entry)
    lately = (requests.c.revision == revision, requests.c.is_use, requests.c.completed_at > now - uses.WINDOW)
    pulled = connection.execute(select(requests.c.id).where(*mine, *lately).limit(1)).first() is not None
    return pulled or uses.is_counted(connection, principal, entry, revision, now)
