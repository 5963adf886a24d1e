"""Conversations and presets. What a message holds is JSON as the protocol has it."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from steelyard.db.metadata import depot_metadata
from steelyard.db.types import UtcDateTime

_KEY = BigInteger().with_variant(Integer(), "sqlite")

sessions = Table(
    "serving_sessions",
    depot_metadata,
    Column("id", _KEY, primary_key=True, autoincrement=False),
    Column("owner", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("updated_at", UtcDateTime(), nullable=False),
    Column("messages", Integer, nullable=False),
    Column("characters", BigInteger, nullable=False),
    UniqueConstraint("owner", "name"),
    Index("ix_serving_sessions_owner", "owner", "updated_at"),
)

messages = Table(
    "serving_messages",
    depot_metadata,
    Column("session", _KEY, ForeignKey("serving_sessions.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("characters", BigInteger, nullable=False),
    Column("message", JSON, nullable=False),
)

presets = Table(
    "serving_presets",
    depot_metadata,
    Column("alias", String(200), ForeignKey("catalog_aliases.alias", ondelete="CASCADE"), primary_key=True),
    Column("system", Text),
    Column("parameters", JSON, nullable=False),
    Column("messages", JSON, nullable=False),
)
