"""What people did to models, as the audit log keeps it. Each is written in the transaction that does it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from steelyard.catalog import aliases
from steelyard.catalog.models import Entry
from steelyard.core.clock import iso
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.changes import changes
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller

CHANGE = "model.change"
DELETE = "model.delete"
RESTORE = "model.restore"
PURGE = "model.purge"


def facts_of(connection: Connection, entry: Entry) -> dict[str, Any]:
    """What people may change about a model, by the names they change it with."""
    return {
        "name": entry.title,
        "description": entry.description,
        "tags": entry.tags,
        "status": "active" if entry.active else "inactive",
        "pinned": entry.pinned,
        "private": entry.private,
        "aliases": list(aliases.of_entry(connection, entry.id)),
    }


def record_change(
    connection: Connection, caller: Caller, entry: Entry, before: dict[str, Any], after: dict[str, Any], now: datetime
) -> None:
    """Write down what is different; nothing when nothing is."""
    old, new = changes(before, after)
    if old or new:
        audit.record(connection, caller, Deed(CHANGE, str(entry.name), old, new), now)


def record_deletion(
    connection: Connection, caller: Caller, entry: Entry, purge_after: datetime, now: datetime, *, purge: bool
) -> None:
    """``entry`` is as it was before. ``purge``: for good, without the time in the trash."""
    before = {"status": entry.status.value, "owner": entry.owner, "size_bytes": entry.size}
    after = {"status": "deleted", "purge_after": iso(purge_after)}
    deed = Deed(PURGE if purge else DELETE, str(entry.name), *changes(before, after))
    audit.record(connection, caller, deed, now)


def record_restore(
    connection: Connection, caller: Caller, before: Entry, after: Entry, now: datetime, reason: str | None = None
) -> None:
    """``reason`` tells what brought it back when nobody asked for the restore itself."""
    old = {"status": before.status.value, "deleted_by": before.trash.by if before.trash else None}
    new = {"status": after.status.value, **({} if reason is None else {"reason": reason})}
    audit.record(connection, caller, Deed(RESTORE, str(after.name), old, new), now)
