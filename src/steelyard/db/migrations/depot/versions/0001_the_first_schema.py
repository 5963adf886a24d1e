"""The first schema."""

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "catalog_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hub", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("repo", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=True),
        sa.Column("first_downloaded_by", sa.String(length=200), nullable=True),
        sa.Column("first_downloaded_at", UtcDateTime(), nullable=True),
        sa.Column("first_downloaded_from", sa.String(length=64), nullable=True),
        sa.Column("download_count", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("first_used_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_entries")),
        sa.UniqueConstraint("hub", "kind", "repo", name=op.f("uq_catalog_entries_hub_kind_repo")),
    )
    with op.batch_alter_table("catalog_entries", schema=None) as batch_op:
        batch_op.create_index("ix_catalog_entries_status", ["status"], unique=False)

    op.create_table(
        "download_blob_claims",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_download_blob_claims")),
    )
    with op.batch_alter_table("download_blob_claims", schema=None) as batch_op:
        batch_op.create_index("ix_download_blob_claims_job_id", ["job_id"], unique=False)

    op.create_table(
        "download_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("artist", sa.Text(), nullable=True),
        sa.Column("album", sa.Text(), nullable=True),
        sa.Column("username", sa.String(length=200), nullable=False),
        sa.Column("vpn_ip", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        sa.Column("slskd_username", sa.Text(), nullable=True),
        sa.Column("file_count", sa.Integer(), nullable=True),
        sa.Column("completed_files", sa.Integer(), nullable=False),
        sa.Column("total_size", sa.BigInteger(), nullable=True),
        sa.Column("album_directory", sa.Text(), nullable=True),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("model", sa.String(length=300), nullable=True),
        sa.Column("revision", sa.String(length=255), nullable=True),
        sa.Column("ref", sa.String(length=255), nullable=True),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("identified_by", sa.String(length=12), nullable=False),
        sa.Column("principal", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.Column("is_use", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download_requests")),
        sa.UniqueConstraint("task_id", name=op.f("uq_download_requests_task_id")),
    )
    with op.batch_alter_table("download_requests", schema=None) as batch_op:
        batch_op.create_index("idx_download_requests_status", ["status"], unique=False)
        batch_op.create_index("idx_download_requests_timestamp", ["timestamp"], unique=False)
        batch_op.create_index("idx_download_requests_username", ["username"], unique=False)
        batch_op.create_index("idx_download_requests_vpn_ip", ["vpn_ip"], unique=False)
        batch_op.create_index("ix_download_requests_job_id", ["job_id"], unique=False)
        batch_op.create_index(
            "ix_download_requests_uses", ["principal", "entry", "revision", "timestamp"], unique=False
        )

    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("dedupe_key", sa.String(length=700), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("model", sa.String(length=300), nullable=True),
        sa.Column("revision", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.BigInteger(), nullable=True),
        sa.Column("requested_by", sa.String(length=200), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("pause_reason", sa.String(length=12), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("downloaded_bytes", sa.BigInteger(), nullable=False),
        sa.Column("total_bytes", sa.BigInteger(), nullable=True),
        sa.Column("bytes_per_second", sa.Float(), nullable=True),
        sa.Column("current_file", sa.Text(), nullable=True),
        sa.Column("error_slug", sa.String(length=60), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_jobs_status", ["status", "priority", "created_at"], unique=False)
        batch_op.create_index("ix_jobs_subject", ["subject"], unique=False)
        batch_op.create_index(
            "uq_jobs_live_dedupe_key",
            ["dedupe_key"],
            unique=True,
            sqlite_where=sa.text("status IN ('queued', 'running', 'paused')"),
            postgresql_where=sa.text("status IN ('queued', 'running', 'paused')"),
        )

    op.create_table(
        "principals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principals")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_principals_kind_subject")),
    )
    op.create_table(
        "catalog_refs",
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("commit_hash", sa.String(length=64), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_catalog_refs_entry")),
        sa.PrimaryKeyConstraint("entry", "name", name=op.f("pk_catalog_refs")),
    )
    op.create_table(
        "catalog_revisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commit_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("job", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_catalog_revisions_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_revisions")),
        sa.UniqueConstraint("entry", "commit_hash", name=op.f("uq_catalog_revisions_entry_commit_hash")),
    )
    op.create_table(
        "catalog_files",
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["revision"], ["catalog_revisions.id"], name=op.f("fk_catalog_files_revision")),
        sa.PrimaryKeyConstraint("revision", "path", name=op.f("pk_catalog_files")),
    )
    with op.batch_alter_table("catalog_files", schema=None) as batch_op:
        batch_op.create_index("ix_catalog_files_digest", ["digest", "state"], unique=False)


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("catalog_files", schema=None) as batch_op:
        batch_op.drop_index("ix_catalog_files_digest")

    op.drop_table("catalog_files")
    op.drop_table("catalog_revisions")
    op.drop_table("catalog_refs")
    op.drop_table("principals")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_jobs_live_dedupe_key",
            sqlite_where=sa.text("status IN ('queued', 'running', 'paused')"),
            postgresql_where=sa.text("status IN ('queued', 'running', 'paused')"),
        )
        batch_op.drop_index("ix_jobs_subject")
        batch_op.drop_index("ix_jobs_status")
        batch_op.drop_index("ix_jobs_created_at")

    op.drop_table("jobs")
    with op.batch_alter_table("download_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_download_requests_uses")
        batch_op.drop_index("ix_download_requests_job_id")
        batch_op.drop_index("idx_download_requests_vpn_ip")
        batch_op.drop_index("idx_download_requests_username")
        batch_op.drop_index("idx_download_requests_timestamp")
        batch_op.drop_index("idx_download_requests_status")

    op.drop_table("download_requests")
    with op.batch_alter_table("download_blob_claims", schema=None) as batch_op:
        batch_op.drop_index("ix_download_blob_claims_job_id")

    op.drop_table("download_blob_claims")
    with op.batch_alter_table("catalog_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_catalog_entries_status")

    op.drop_table("catalog_entries")
