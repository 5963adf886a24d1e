"""The tables of pushing. What a branch or tag means stands in ``catalog_refs``, as for every model."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from steelyard.db.metadata import depot_metadata
from steelyard.db.types import UtcDateTime

_KEY = BigInteger().with_variant(Integer(), "sqlite")

commits = Table(
    "push_commits",
    depot_metadata,
    Column("entry", ForeignKey("catalog_entries.id"), primary_key=True),
    Column("oid", String(40), primary_key=True),
    Column("parent", String(40)),
    Column("title", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Which of the references are tags; the others are branches.
tags = Table(
    "push_tags",
    depot_metadata,
    Column("entry", ForeignKey("catalog_entries.id"), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("message", Text),
    Column("at", UtcDateTime, nullable=False),
)

# Leave to send bytes: the address holds a secret, of which only the hash is kept.
uploads = Table(
    "push_uploads",
    depot_metadata,
    Column("ticket_hash", String(64), primary_key=True),
    Column("entry", ForeignKey("catalog_entries.id"), nullable=False),
    Column("digest", String(80), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("principal", _KEY, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_push_uploads_expires_at", "expires_at"),
)
