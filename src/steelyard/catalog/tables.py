"""The tables of the shelf."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from steelyard.db.metadata import depot_metadata
from steelyard.db.types import UtcDateTime

_KEY = BigInteger().with_variant(Integer(), "sqlite")

entries = Table(
    "catalog_entries",
    depot_metadata,
    Column("id", _KEY, primary_key=True, autoincrement=False),
    Column("hub", String(40), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("repo", String(200), nullable=False),
    Column("title", String(300), nullable=False),
    Column("description", Text),
    Column("tags", JSON, nullable=False),
    Column("owner", String(200)),
    Column("active", Boolean, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("status", String(12), nullable=False),
    Column("format", String(20)),
    Column("first_downloaded_by", String(200)),
    Column("first_downloaded_at", UtcDateTime),
    Column("first_downloaded_from", String(64)),
    Column("download_count", Integer, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("first_used_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    UniqueConstraint("hub", "kind", "repo"),
    Index("ix_catalog_entries_status", "status"),
)

revisions = Table(
    "catalog_revisions",
    depot_metadata,
    Column("id", _KEY, primary_key=True, autoincrement=False),
    Column("entry", ForeignKey("catalog_entries.id"), nullable=False),
    Column("commit_hash", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("job", String(36)),
    UniqueConstraint("entry", "commit_hash"),
)

refs = Table(
    "catalog_refs",
    depot_metadata,
    Column("entry", ForeignKey("catalog_entries.id"), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("commit_hash", String(64), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

files = Table(
    "catalog_files",
    depot_metadata,
    Column("revision", ForeignKey("catalog_revisions.id"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("digest", String(80), nullable=False),
    Column("state", SmallInteger, nullable=False),
    Index("ix_catalog_files_digest", "digest", "state"),
)
