"""The one table that belongs to no room: what changed lately, for the other processes and for whoever was away."""

from sqlalchemy import Column, Index, String, Table

from steelyard.db.metadata import depot_metadata
from steelyard.db.types import AutoKey, UtcDateTime

change_feed = Table(
    "change_feed",
    depot_metadata,
    Column("position", AutoKey, primary_key=True, autoincrement=True),
    Column("topic", String(40), nullable=False),
    Column("key", String(400), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_change_feed_at", change_feed.c.at)
