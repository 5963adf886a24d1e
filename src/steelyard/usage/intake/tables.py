"""What the intake remembers: which reported events came already, and how far requests are."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table

from steelyard.db.metadata import usage_metadata

# One row for each event that came with an id. ``hash`` is 64 bits of the id, ``day`` the UTC day of the event since
# 1970: of a million events a day one is taken for another once in forty thousand years.
reported = Table(
    "usage_reported",
    usage_metadata,
    Column("day", Integer, nullable=False),
    Column("reporter", BigInteger, nullable=False),
    Column("hash", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "reporter", "hash"),
    sqlite_with_rowid=False,
)

# One row for each request that began or ended. ``hash`` is 64 bits of its id; two reporters may use the same ids.
# ``start`` is the key of the event that began it, if that came first. ``failure`` is that of the event which counts it
# as failed since nobody told its end in time; when ``ended`` is set too, that failure goes again. ``due_ms`` is when a
# start that waits has failed, a failure is to go (0), or all else is forgotten.
unfinished = Table(
    "usage_unfinished",
    usage_metadata,
    Column("reporter", BigInteger, nullable=False),
    Column("hash", BigInteger, nullable=False),
    Column("start", BigInteger),
    Column("due_ms", BigInteger, nullable=False),
    Column("failure", BigInteger),
    Column("ended", Boolean, nullable=False),
    PrimaryKeyConstraint("reporter", "hash"),
    Index("ix_usage_unfinished_due_ms", "due_ms"),
    sqlite_with_rowid=False,
)
