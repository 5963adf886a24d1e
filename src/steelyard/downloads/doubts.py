"""Blobs of which wrong bytes went out: all SQL of it.

The stock clients keep what they got of a file when a connection breaks, go on from there, and compare only the size:
huggingface_hub 2.x within the same call, 0.36 and 1.5 also when they are called again, however much later. So for a
long while nobody is let go on: whoever asks for the rest gets the whole file.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from steelyard.core.digest import Digest
from steelyard.db.upsert import insert_or_update
from steelyard.downloads.tables import mirror_doubts

LASTS = timedelta(days=90)  # nobody knows when an older client is called again; a row each costs next to nothing


def add(connection: Connection, digest: Digest, now: datetime) -> None:
    """Bytes of this blob were wrong just now."""
    until = now + LASTS
    connection.execute(delete(mirror_doubts).where(mirror_doubts.c.until < now))
    insert_or_update(connection, mirror_doubts, {"digest": str(digest), "until": until}, ["digest"], {"until": until})


def is_doubted(connection: Connection, digest: Digest, now: datetime) -> bool:
    """Whether somebody may hold wrong bytes of this blob."""
    held = (mirror_doubts.c.digest == str(digest), mirror_doubts.c.until > now)
    return connection.execute(select(mirror_doubts.c.digest).where(*held)).first() is not None
