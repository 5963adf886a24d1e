"""The usage log: events, the words they use, and lifetime totals.

Words (models, event types, addresses, programs, error codes) are kept once and referred to by small integers: they are
most of the bytes of a log that copies them into each row.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from steelyard.db.metadata import usage_metadata
from steelyard.db.types import AutoKey

words = Table(
    "usage_words",
    usage_metadata,
    Column("id", AutoKey, primary_key=True, autoincrement=True),
    Column("kind", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("kind", "text"),
)

events = Table(
    "usage_events",
    usage_metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("type", Integer, nullable=False),
    Column("model", Integer),
    Column("principal", BigInteger),
    Column("address", Integer),
    Column("agent", Integer),
    Column("success", Boolean),
    Column("error_code", Integer),
    Column("request", String(64)),
    Column("session", String(64)),
    Column("duration_ms", Float),
    Column("queue_ms", Float),
    Column("load_ms", Float),
    Column("first_token_ms", Float),
    Column("tokens_in", BigInteger),
    Column("tokens_out", BigInteger),
    Column("bytes_in", BigInteger),
    Column("bytes_out", BigInteger),
    Column("vram_mb", Float),
    Column("gpu_utilization", Float),
    Column("parameters", JSON(none_as_null=True)),
    Index("ix_usage_events_at_ms", "at_ms", "id"),
    Index("ix_usage_events_model", "model", "at_ms"),
    Index("ix_usage_events_principal", "principal", "at_ms"),
    Index("ix_usage_events_address", "address", "at_ms"),
    Index("ix_usage_events_type", "type", "at_ms"),
    Index(
        "ix_usage_events_failed",
        "at_ms",
        sqlite_where=text("success IS 0"),
        postgresql_where=text("success IS false"),
    ),
)

totals = Table(
    "usage_totals",
    usage_metadata,
    Column("type", Integer, primary_key=True, autoincrement=False),
    Column("model", Integer, primary_key=True, autoincrement=False),  # 0: events that name no model
    Column("events", BigInteger, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Index("ix_usage_totals_model", "model"),
)
