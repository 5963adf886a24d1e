"""The keys that addresses of one day are hashed with. All SQL of them.

They lie in the database because the servers of one depot must agree; when a day is over its key is destroyed, and then
nobody can tell which address a hash was, nor whether two of different days are the same.
"""

import datetime

from sqlalchemy import Column, Connection, Date, String, Table, delete, select

from steelyard.db.metadata import depot_metadata
from steelyard.db.upsert import insert_new

salts = Table(
    "privacy_salts",
    depot_metadata,
    Column("day", Date, primary_key=True),
    Column("salt", String(64), nullable=False),
)


def salt_of(connection: Connection, day: datetime.date, fresh: str) -> str:
    """The key of a day; ``fresh`` becomes it if there is none yet."""
    insert_new(connection, salts, [{"day": day, "salt": fresh}], ["day"])
    destroy_old(connection, day)
    found: str = connection.execute(select(salts.c.salt).where(salts.c.day == day)).scalar_one()
    return found


def destroy_old(connection: Connection, today: datetime.date) -> int:
    """Destroy the keys of the days before yesterday; returns how many. Yesterday's is for a server that is behind."""
    return connection.execute(delete(salts).where(salts.c.day < today - datetime.timedelta(days=1))).rowcount
