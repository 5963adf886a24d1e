"""The tables of principals, and of the accounts that they may belong to."""

from sqlalchemy import BigInteger, Column, Index, String, Table, UniqueConstraint

from steelyard.db.metadata import depot_metadata
from steelyard.db.types import AutoKey, UtcDateTime

NO_ROW = 0  # the key of a principal that is in no table: whoever is nobody here leaves no row

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
Index("ix_principals_account_id", principals.c.account_id)

accounts = Table(
    "accounts",
    depot_metadata,
    Column("id", AutoKey, primary_key=True, autoincrement=True),
    Column("name", String(128), nullable=False),
    Column("name_key", String(128), nullable=False),
    Column("role", String(12), nullable=False),
    Column("password_hash", String(300)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("password_changed_at", UtcDateTime),
    UniqueConstraint("name_key"),
    sqlite_autoincrement=True,  # a key is never given twice: who inherited one would inherit what it owns
)
