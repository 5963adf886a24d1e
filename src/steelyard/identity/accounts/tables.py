"""The tables of what people and programs show to prove that one is theirs."""

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, UniqueConstraint

from steelyard.db.metadata import depot_metadata
from steelyard.db.types import AutoKey, UtcDateTime

_HASH = 64  # SHA-256 in hexadecimal

tokens = Table(
    "tokens",
    depot_metadata,
    Column("id", String(16), primary_key=True),
    Column("account", AutoKey, ForeignKey("accounts.id"), nullable=False),
    Column("label", String(100), nullable=False),
    Column("scopes", JSON(none_as_null=True)),
    Column("secret_hash", String(_HASH), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("cidrs", JSON(none_as_null=True)),
)
Index("ix_tokens_account", tokens.c.account, tokens.c.created_at)

public_keys = Table(
    "public_keys",
    depot_metadata,
    Column("id", String(16), primary_key=True),
    Column("account", AutoKey, ForeignKey("accounts.id"), nullable=False),
    Column("label", String(100), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("fingerprint", String(50), nullable=False),
    Column("public_key", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    UniqueConstraint("fingerprint"),
)
Index("ix_public_keys_account", public_keys.c.account, public_keys.c.created_at)

sessions = Table(
    "sessions",
    depot_metadata,
    Column("id", String(16), primary_key=True),
    Column("account", AutoKey, ForeignKey("accounts.id"), nullable=False),
    Column("secret_hash", String(_HASH), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
)
Index("ix_sessions_account", sessions.c.account)
Index("ix_sessions_expires_at", sessions.c.expires_at)

setup_codes = Table(
    "setup_codes",
    depot_metadata,
    Column("hash", String(_HASH), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
