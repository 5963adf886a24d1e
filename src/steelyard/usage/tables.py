"""The usage log: events, the words they use, sheets of counts, and lifetime totals.

Words (models, event types, addresses, programs, error codes) are kept once and referred to by small integers: they are
most of the bytes of a log that copies them into each row. An event's key holds its time, so the log needs no index
beside its key. See ``docs/decisions/0032-sheets.md``.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from steelyard.db.metadata import usage_metadata
from steelyard.db.types import AutoKey

_Key = BigInteger().with_variant(Integer(), "sqlite")  # SQLite orders a table by a column declared exactly INTEGER

words = Table(
    "usage_words",
    usage_metadata,
    Column("id", AutoKey, primary_key=True, autoincrement=True),
    Column("kind", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("kind", "text"),
)


def _event_columns() -> list[Column[object]]:
    """The same in both tables of events; times of day lie in the key, durations are microseconds."""
    return [
        Column("id", _Key, primary_key=True, autoincrement=False),
        Column("type", Integer, nullable=False),
        Column("model", Integer),
        Column("principal", BigInteger),
        Column("address", Integer),
        Column("agent", Integer),
        Column("success", Boolean),
        Column("error_code", Integer),
        Column("request", String(64)),
        Column("session", String(64)),
        Column("duration_us", BigInteger),
        Column("queue_us", BigInteger),
        Column("load_us", BigInteger),
        Column("first_token_us", BigInteger),
        Column("tokens_in", BigInteger),
        Column("tokens_out", BigInteger),
        Column("bytes_in", BigInteger),
        Column("bytes_out", BigInteger),
        Column("vram_mb", Float),
        Column("gpu_utilization", Float),
        Column("repeated", Boolean),  # a pull that is no new use: the same person had this revision lately
        Column("parameter_word", Integer),  # parameters that many events share, as a word
        Column("parameters", JSON(none_as_null=True)),  # those that few do
    ]


# What has come in and is in no sheet yet; the fold moves it to ``events`` and counts it, in one transaction.
hot = Table("usage_hot", usage_metadata, *_event_columns())
events = Table("usage_log", usage_metadata, *_event_columns())

# Counts of one subject in one period; ``steelyard.usage.sheets`` makes and reads the three blobs.
sheets = Table(
    "usage_sheets",
    usage_metadata,
    Column("key", _Key, primary_key=True, autoincrement=False),
    Column("series", LargeBinary),
    Column("bag", LargeBinary, nullable=False),
    Column("quarters", LargeBinary),
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

# Small facts about the log itself, as ``steelyard.usage.state`` names them.
state = Table(
    "usage_state",
    usage_metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
