"""All SQL that writes the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from steelyard.identity.audit.models import BY_THE_DEPOT, Deed
from steelyard.identity.audit.tables import SUBJECT_LENGTH, audit_log
from steelyard.identity.principal import Caller

_MANY = 1000  # rows deleted in one transaction


def record(connection: Connection, caller: Caller | None, deed: Deed, now: datetime) -> None:
    """Write a deed down in the transaction that does it: both are there, or neither is.

    No caller: the depot did it by itself.
    """
    what = {
        "action": deed.action, "subject": deed.subject[:SUBJECT_LENGTH],
        "before": None if deed.before is None else dict(deed.before),
        "after": None if deed.after is None else dict(deed.after),
    }  # fmt: skip
    connection.execute(audit_log.insert().values(at=now, **_doer(caller), **what))


def forget_addresses(connection: Connection, principals: frozenset[int]) -> int:
    """Empty the addresses that some principals came from; returns on how many lines. What they did stays."""
    known = (audit_log.c.principal.in_(principals), audit_log.c.address.is_not(None))
    return connection.execute(update(audit_log).where(*known).values(address=None)).rowcount


def purge(connection: Connection, before: datetime) -> int:
    """Delete lines older than ``before``, at most a thousand; returns how many.

    The database refuses it (IntegrityError) for young lines, as ``tables`` says.
    """
    oldest = select(audit_log.c.id).where(audit_log.c.at < before).order_by(audit_log.c.at).limit(_MANY)
    return connection.execute(delete(audit_log).where(audit_log.c.id.in_(oldest))).rowcount


def _doer(caller: Caller | None) -> dict[str, Any]:
    if caller is None:
        return {"principal": None, "known_by": BY_THE_DEPOT, "address": None, "credential": None}
    return {
        "principal": caller.doer.id or None, "known_by": caller.doer.kind.value, "address": caller.address,
        "credential": caller.access.credential,
    }  # fmt: skip
