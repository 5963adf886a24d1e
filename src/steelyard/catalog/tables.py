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
    false,
)

from steelyard.db.metadata import depot_metadata
from steelyard.db.order import By, make_indexes
from steelyard.db.types import AutoKey, UtcDateTime

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
    Column("architecture", String(80)),
    Column("parameters", BigInteger),
    Column("quantization", String(40)),
    Column("context_length", BigInteger),
    Column("license", String(120)),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Column("deleted_by", String(200)),
    Column("purge_after", UtcDateTime),
    Column("purged_at", UtcDateTime),
    Column("sort_name", String(200), nullable=False, server_default=""),
    Column("search_words", Text, nullable=False, server_default=""),
    UniqueConstraint("hub", "kind", "repo"),
    # With all that lists leave out or are narrowed by, so that they are counted in the index alone.
    Index("ix_catalog_entries_status", "status", "purged_at", "private", "owner", "format", "hub"),
)

# The orders of the list, each with an index: sorting 10,000 models took longer than all else that a page needs.
SORTS: dict[str, By] = {
    "name": By(entries.c.sort_name),
    "newest": By(entries.c.created_at, descending=True),
    "last_used": By(entries.c.last_used_at, descending=True, nulls_last=True),
    "downloads": By(entries.c.download_count, descending=True),
    "size": By(entries.c.size_bytes, descending=True),
}
for _name, _by in SORTS.items():
    make_indexes(f"ix_catalog_entries_by_{_name}", _by, By(entries.c.id))

revisions = Table(
    "catalog_revisions",
    depot_metadata,
    Column("id", _KEY, primary_key=True, autoincrement=False),
    Column("entry", ForeignKey("catalog_entries.id"), nullable=False),
    Column("commit_hash", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("job", String(36)),
    Column("facts", JSON),
    Column("inspected_at", UtcDateTime),
    Column("files_partial", Boolean, nullable=False, server_default=false()),
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
    Index("ix_catalog_files_stored", "state", "digest", "size"),
)

aliases = Table(
    "catalog_aliases",
    depot_metadata,
    Column("alias", String(200), primary_key=True),
    Column("entry", ForeignKey("catalog_entries.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)

# Each blob in an entry's folder as it was when its hash was last right; a file that looks different since is hashed
# again before anybody relies on it. The inode is text: some file systems use all 64 bits.
blobs = Table(
    "catalog_blobs",
    depot_metadata,
    Column("entry", ForeignKey("catalog_entries.id"), primary_key=True),
    Column("digest", String(80), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("inode", String(24), nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("verified_at", UtcDateTime, nullable=False),
    Index("ix_catalog_blobs_digest", "digest"),
)

# What the hub itself says about a repository at one commit, for whoever asks the mirror.
documents = Table(
    "catalog_documents",
    depot_metadata,
    Column("revision", ForeignKey("catalog_revisions.id"), primary_key=True),
    Column("body", JSON, nullable=False),
)

findings = Table(
    "catalog_findings",
    depot_metadata,
    Column("id", AutoKey, primary_key=True, autoincrement=True),
    Column("problem", String(20), nullable=False),
    Column("path", Text, nullable=False),
    Column("entry", ForeignKey("catalog_entries.id")),
    Column("detail", Text, nullable=False),
    Column("size", BigInteger),
    Column("found_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("job", String(36)),
    Index("ix_catalog_findings_open", "resolved_at", "found_at"),
    Index("ix_catalog_findings_job", "job"),
)

# What is known about each blob that can be loaded as a pickle, wherever it lies. ``safe`` is null until it was scanned.
pickles = Table(
    "catalog_pickles",
    depot_metadata,
    Column("digest", String(80), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("safe", Boolean),
    Column("reasons", JSON),
    Column("scanner", String(60)),
    Column("scanned_at", UtcDateTime),
    Column("allowed_by", String(200)),
    Column("allowed_at", UtcDateTime),
    Column("allow_reason", Text),
)

# What verifications and scans came to; the jobs themselves may be deleted.
checks = Table(
    "catalog_checks",
    depot_metadata,
    Column("job", String(36), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("entry", ForeignKey("catalog_entries.id")),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("right_count", Integer, nullable=False),
    Column("damaged_count", Integer, nullable=False),
    Column("missing_count", Integer, nullable=False),
    Column("stray_count", Integer, nullable=False),
    Index("ix_catalog_checks_finished_at", "finished_at"),
)

# The one store: its own name, by which a disk that is not mounted is told from an empty one, and its last count.
stores = Table(
    "catalog_stores",
    depot_metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("identity", String(36)),
    Column("scanned_at", UtcDateTime),
    Column("hub_bytes", BigInteger),
    Column("quarantine_bytes", BigInteger),
    Column("trash_bytes", BigInteger),
    Column("parts_bytes", BigInteger),
    Column("foreign_bytes", BigInteger),
)
