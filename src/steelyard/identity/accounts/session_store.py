"""All SQL of sessions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, select, update

from steelyard.identity.accounts.account_store import user_of
from steelyard.identity.accounts.keys import Key
from steelyard.identity.accounts.models import Session, User
from steelyard.identity.accounts.tables import sessions
from steelyard.identity.principal import Caller
from steelyard.identity.tables import accounts

SEEN_STEP = timedelta(minutes=5)
_OWN = [column.label(f"session_{column.name}") for column in sessions.c]
_WITH_OWNER: Select[Any] = select(*_OWN, accounts).join(accounts, sessions.c.account == accounts.c.id)


def add(connection: Connection, key: Key, owner: User, caller: Caller, now: datetime, expires_at: datetime) -> None:
    """A new session; those whose time is over go."""
    row = {
        "id": key.id, "account": owner.id, "secret_hash": key.hash, "created_at": now, "last_seen_at": now,
        "expires_at": expires_at, "address": caller.address[:64], "agent": caller.user_agent[:200],
    }  # fmt: skip
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    connection.execute(sessions.insert().values(**row))


def find(connection: Connection, session_id: str) -> Session | None:
    """A session with its owner, whether or not its time is over."""
    row = connection.execute(_WITH_OWNER.where(sessions.c.id == session_id)).one_or_none()
    return _session(row) if row else None


def remove(connection: Connection, session_id: str) -> bool:
    """End one; False when there is none."""
    return connection.execute(delete(sessions).where(sessions.c.id == session_id)).rowcount == 1


def remove_all(connection: Connection, account: int) -> int:
    """End all of an account; returns how many."""
    return connection.execute(delete(sessions).where(sessions.c.account == account)).rowcount


def touch(connection: Connection, seen: Mapping[str, datetime]) -> None:
    """Note when sessions were last seen, at most every five minutes each."""
    at = bindparam("at", type_=sessions.c.last_seen_at.type)
    before = bindparam("before", type_=sessions.c.last_seen_at.type)
    due = (sessions.c.id == bindparam("session"), sessions.c.last_seen_at <= before)
    statement = update(sessions).where(*due).values(last_seen_at=at)
    rows = [{"session": name, "at": moment, "before": moment - SEEN_STEP} for name, moment in sorted(seen.items())]
    connection.execute(statement, rows)


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.session_id, owner=user_of(row), last_seen_at=row.session_last_seen_at,
        expires_at=row.session_expires_at, secret_hash=row.session_secret_hash,
    )  # fmt: skip
