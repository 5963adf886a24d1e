"""What the mirror needs to know: what the hub said, what its clients asked for, and what they used."""

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    op.add_column("download_requests", sa.Column("counted_at", UtcDateTime()))
    op.create_table(
        "catalog_documents",
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["revision"], ["catalog_revisions.id"], name=op.f("fk_catalog_documents_revision")),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_catalog_documents")),
    )
    op.create_table(
        "mirror_wants",
        sa.Column("job_key", sa.String(700), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("job_key", "path", name=op.f("pk_mirror_wants")),
    )
    op.create_index("ix_mirror_wants_asked_at", "mirror_wants", ["asked_at"])
    op.create_table(
        "mirror_refs",
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("commit_hash", sa.String(64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("entry", "name", name=op.f("pk_mirror_refs")),
    )
    op.create_table(
        "mirror_documents",
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("entry", "name", name=op.f("pk_mirror_documents")),
    )
    op.create_table(
        "mirror_doubts",
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_mirror_doubts")),
    )
    op.create_table(
        "mirror_uses",
        sa.Column("principal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.String(64), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "entry", "revision", name=op.f("pk_mirror_uses")),
    )


def downgrade() -> None:
    """Back to a depot without a mirror."""
    for table in (
        "mirror_uses", "mirror_doubts", "mirror_documents", "mirror_refs", "mirror_wants", "catalog_documents",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_column("download_requests", "counted_at")
