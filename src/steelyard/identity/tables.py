"""The table of principals."""

from sqlalchemy import BigInteger, Column, String, Table, UniqueConstraint

from steelyard.db.metadata import depot_metadata
from steelyard.db.types import AutoKey, UtcDateTime

principals = Table(
    "principals",
    depot_metadata,
    Column("id", AutoKey, primary_key=True, autoincrement=True),
    Column("kind", String(12), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("account_id", BigInteger),
    Column("first_seen_at", UtcDateTime, nullable=False),
    UniqueConstraint("kind", "subject"),
)
