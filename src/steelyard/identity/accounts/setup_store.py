"""All SQL of the codes with which the first administrator is made."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from steelyard.identity.accounts.tables import setup_codes


def add(connection: Connection, code_hash: str, now: datetime, expires_at: datetime) -> None:
    """One more code; those whose time is over go. Several are good at once: each server of a depot prints its own."""
    connection.execute(delete(setup_codes).where(setup_codes.c.expires_at <= now))
    connection.execute(setup_codes.insert().values(hash=code_hash, created_at=now, expires_at=expires_at))


def is_good(connection: Connection, code_hash: str, now: datetime) -> bool:
    """Whether it is the hash of a code whose time is not over."""
    good = (setup_codes.c.hash == code_hash, setup_codes.c.expires_at > now)
    return connection.execute(select(setup_codes.c.hash).where(*good)).first() is not None


def remove_all(connection: Connection) -> None:
    """No code is good any more."""
    connection.execute(delete(setup_codes))
