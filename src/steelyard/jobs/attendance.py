"""Which workers are there, so that a queue on which nobody works can be told from one that is long.

Each worker of several signs in every few seconds. The only one of a SQLite depot need not: it lives in the server.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from steelyard.db.upsert import insert_or_update
from steelyard.jobs.tables import workers

SIGN_SECONDS = 5.0
SILENCE = timedelta(seconds=3 * SIGN_SECONDS)  # after so long without a sign a worker counts as gone
_FORGOTTEN = timedelta(days=1)


def sign_in(connection: Connection, owner: str, now: datetime) -> None:
    """This worker is there."""
    insert_or_update(connection, workers, {"owner": owner, "seen_at": now}, ["owner"], {"seen_at": now})


def forget(connection: Connection, now: datetime) -> None:
    """Leave out those that have not been there for a day."""
    connection.execute(delete(workers).where(workers.c.seen_at < now - _FORGOTTEN))


def present(connection: Connection, now: datetime) -> int:
    """How many have signed in lately."""
    lately = select(func.count()).select_from(workers).where(workers.c.seen_at > now - SILENCE)
    return connection.execute(lately).scalar_one()
