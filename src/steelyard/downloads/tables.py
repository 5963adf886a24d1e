"""The table of requests, with the names that seed 001 gave it, the claims on blobs that are coming in, and who may
bring how much.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    false,
)

from steelyard.db.metadata import depot_metadata
from steelyard.db.order import By, make_indexes
from steelyard.db.types import AutoKey, UtcDateTime

requests = Table(
    "download_requests",
    depot_metadata,
    Column("id", AutoKey, primary_key=True, autoincrement=True),
    Column("task_id", String(36), nullable=False, unique=True),
    Column("artist", Text),
    Column("album", Text),
    Column("username", String(200), nullable=False),
    Column("vpn_ip", String(64), nullable=False),
    Column("status", String(20), nullable=False),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("slskd_username", Text),
    Column("file_count", Integer),
    Column("completed_files", Integer, nullable=False),
    Column("total_size", BigInteger),
    Column("album_directory", Text),
    Column("completed_at", UtcDateTime),
    Column("kind", String(12), nullable=False),
    Column("model", String(300)),
    Column("revision", String(255)),
    Column("ref", String(255)),
    Column("job_id", String(36)),
    Column("error", Text),
    Column("identified_by", String(12), nullable=False),
    Column("principal", BigInteger, nullable=False),
    Column("agent", String(200)),
    Column("entry", BigInteger),
    Column("is_use", Boolean, nullable=False),
    Column("source", String(40)),
    Column("name", BigInteger),
    # Whether a job serves or served it, rather than the shelf; and the role in which it was asked.
    Column("brings", Boolean, nullable=False, server_default=false()),
    Column("asked_as", String(12)),
    # When it counted as a download; one that goes on later, because more files are asked for, does not count again.
    Column("counted_at", UtcDateTime),
    # With the moment and the key, so that a page of each of these lists is found in the index alone.
    Index("idx_download_requests_username", "username", "timestamp", "id"),
    Index("idx_download_requests_vpn_ip", "vpn_ip", "timestamp", "id"),
    Index("idx_download_requests_status", "status", "timestamp", "id"),
    Index("idx_download_requests_timestamp", "timestamp", "id"),
    Index("ix_download_requests_model", "model", "timestamp", "id"),
    Index("ix_download_requests_name", "name", "timestamp", "id"),
    Index("ix_download_requests_job_id", "job_id"),
    Index("ix_download_requests_uses", "principal", "entry", "revision", "timestamp"),
    Index("ix_download_requests_principal", "principal", "timestamp"),
    Index("ix_download_requests_entry", "entry", "id"),
)

NEWEST = (By(requests.c.timestamp, descending=True), By(requests.c.id, descending=True))
LARGEST = (By(requests.c.total_size, descending=True, nulls_last=True), *NEWEST)
make_indexes("ix_download_requests_total_size", *LARGEST)

names = Table(
    "download_names",
    depot_metadata,
    Column("id", AutoKey, primary_key=True, autoincrement=True),
    Column("text", Text, nullable=False, unique=True),
)

blob_claims = Table(
    "download_blob_claims",
    depot_metadata,
    Column("digest", String(80), primary_key=True),
    Column("job_id", String(36), nullable=False),
    Column("attempt", Integer, nullable=False),
    Index("ix_download_blob_claims_job_id", "job_id"),
)

quotas = Table(
    "quotas",
    depot_metadata,
    Column("kind", String(9), primary_key=True),
    Column("name_key", String(200), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("held_bytes", BigInteger),
    Column("period_bytes", BigInteger),
    Column("period_requests", BigInteger),
    Column("period", String(5), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", String(200), nullable=False),
)

# What an administrator decides about: ``wanted`` is what a job would bring, as in its payload.
approvals = Table(
    "download_approvals",
    depot_metadata,
    Column("task_id", String(36), primary_key=True),
    Column("state", String(9), nullable=False),
    Column("wanted", JSON, nullable=False),
    Column("dedupe_key", String(700), nullable=False),
    Column("model", String(300), nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("principal", BigInteger, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("size", BigInteger),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(200)),
    Column("decision_reason", Text),
    Index("ix_download_approvals_state", "state", "asked_at", "task_id"),
)

# Why a job may bring what it brings: ``cleared_by`` is null until somebody's limits were held against its size. Its
# entry had ``base_bytes`` when that was known, and ``new_bytes`` come to them.
clearances = Table(
    "download_clearances",
    depot_metadata,
    Column("job_id", String(36), primary_key=True),
    Column("cleared_by", String(8)),
    Column("base_bytes", BigInteger, nullable=False),
    Column("new_bytes", BigInteger, nullable=False),
)

# What clients of the mirror asked for, file by file; ``job_key`` is the dedupe key of the job that brings it.
mirror_wants = Table(
    "mirror_wants",
    depot_metadata,
    Column("job_key", String(700), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("asked_at", UtcDateTime, nullable=False),
    Index("ix_mirror_wants_asked_at", "asked_at"),
)

# What the hub said a branch or tag means when the mirror last asked, whether or not anything of it is here.
mirror_refs = Table(
    "mirror_refs",
    depot_metadata,
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(255), primary_key=True),
    Column("commit_hash", String(64), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)

mirror_documents = Table(
    "mirror_documents",
    depot_metadata,
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(300), primary_key=True),
    Column("body", JSON, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)

mirror_doubts = Table(
    "mirror_doubts",
    depot_metadata,
    Column("digest", String(80), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

mirror_uses = Table(
    "mirror_uses",
    depot_metadata,
    Column("principal", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", String(64), primary_key=True),
    Column("used_at", UtcDateTime, nullable=False),
)
