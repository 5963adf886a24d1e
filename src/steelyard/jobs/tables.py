"""The jobs table: the truth about every job."""

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, SmallInteger, String, Table, Text, text

from steelyard.db.metadata import depot_metadata
from steelyard.db.types import UtcDateTime

jobs = Table(
    "jobs",
    depot_metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("dedupe_key", String(700), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("model", String(300)),
    Column("revision", String(255)),
    Column("subject", BigInteger),
    Column("requested_by", String(200)),
    Column("priority", SmallInteger, nullable=False),
    Column("status", String(12), nullable=False),
    Column("pause_reason", String(12)),
    Column("attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("lease_owner", String(80)),
    Column("lease_until", UtcDateTime),
    Column("not_before", UtcDateTime, nullable=False),
    Column("downloaded_bytes", BigInteger, nullable=False),
    Column("total_bytes", BigInteger),
    Column("bytes_per_second", Float),
    Column("current_file", Text),
    Column("error_slug", String(60)),
    Column("error", Text),
    Column("hint", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
)

_LIVE = text("status IN ('queued', 'running', 'paused')")
Index("uq_jobs_live_dedupe_key", jobs.c.dedupe_key, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
Index("ix_jobs_status", jobs.c.status, jobs.c.priority, jobs.c.created_at)
Index("ix_jobs_created_at", jobs.c.created_at, jobs.c.id)
Index("ix_jobs_subject", jobs.c.subject)

# Who works on them, where several processes do.
workers = Table(
    "job_workers",
    depot_metadata,
    Column("owner", String(80), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
)
