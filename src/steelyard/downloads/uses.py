"""Uses that leave no download: a client whose own cache is warm only asks whether the branch still means the same."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from steelyard.catalog.tables import entries
from steelyard.db.upsert import insert_or_update
from steelyard.downloads.tables import mirror_uses

WINDOW = timedelta(hours=24)  # the pulls of one revision by one principal within it are one use


def is_counted(connection: Connection, principal: int, entry: int | None, revision: str | None, now: datetime) -> bool:
    """Whether a use of this revision by this principal was counted within the window."""
    mine = (mirror_uses.c.principal == principal, mirror_uses.c.entry == entry, mirror_uses.c.revision == revision)
    lately = select(mirror_uses.c.entry).where(*mine, mirror_uses.c.used_at > now - WINDOW)
    return connection.execute(lately).first() is not None


def count(connection: Connection, principal: int, entry: int, revision: str, now: datetime) -> None:
    """Count one use, for the entry and against a second one within the window."""
    key = {"principal": principal, "entry": entry, "revision": revision}
    insert_or_update(connection, mirror_uses, {**key, "used_at": now}, list(key), {"used_at": now})
    values = {"uses": entries.c.uses + 1, "first_used_at": func.coalesce(entries.c.first_used_at, now)}
    connection.execute(update(entries).where(entries.c.id == entry).values(**values, last_used_at=now))


def forget(connection: Connection, now: datetime) -> None:
    """Uses of before the window stand against no other."""
    connection.execute(delete(mirror_uses).where(mirror_uses.c.used_at <= now - WINDOW))


def see(connection: Connection, entry: int, now: datetime) -> None:
    """It is in use still."""
    connection.execute(update(entries).where(entries.c.id == entry).values(last_used_at=now))
