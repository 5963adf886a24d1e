"""The shelf: what the weights' headers tell, second names, blobs as they were verified, findings, and the trash."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _entry_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("architecture", sa.String(80)),
        sa.Column("parameters", sa.BigInteger()),
        sa.Column("quantization", sa.String(40)),
        sa.Column("context_length", sa.BigInteger()),
        sa.Column("license", sa.String(120)),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("deleted_by", sa.String(200)),
        sa.Column("purge_after", UtcDateTime()),
        sa.Column("purged_at", UtcDateTime()),
    ]


def _revision_columns() -> list[sa.Column[Any]]:
    return [sa.Column("facts", sa.JSON()), sa.Column("inspected_at", UtcDateTime())]


def upgrade() -> None:
    """Expand."""
    for column in _entry_columns():
        op.add_column("catalog_entries", column)
    for column in _revision_columns():
        op.add_column("catalog_revisions", column)
    op.add_column("download_requests", sa.Column("source", sa.String(40)))
    op.execute("UPDATE download_requests SET source = 'huggingface' WHERE kind = 'model'")
    _create_aliases()
    _create_blobs()
    _create_findings()
    op.create_index("ix_catalog_files_stored", "catalog_files", ["state", "digest", "size"])


def _create_aliases() -> None:
    op.create_table(
        "catalog_aliases",
        sa.Column("alias", sa.String(200), nullable=False),
        sa.Column("entry", _KEY, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_catalog_aliases_entry")),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_catalog_aliases")),
    )
    op.create_index("ix_catalog_aliases_entry", "catalog_aliases", ["entry"])


def _create_blobs() -> None:
    op.create_table(
        "catalog_blobs",
        sa.Column("entry", _KEY, nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("inode", sa.String(24), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_catalog_blobs_entry")),
        sa.PrimaryKeyConstraint("entry", "digest", name=op.f("pk_catalog_blobs")),
    )
    op.create_index("ix_catalog_blobs_digest", "catalog_blobs", ["digest"])


def _create_findings() -> None:
    op.create_table(
        "catalog_findings",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("problem", sa.String(20), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("entry", _KEY),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_catalog_findings_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_findings")),
    )
    op.create_index("ix_catalog_findings_open", "catalog_findings", ["resolved_at", "found_at"])


def downgrade() -> None:
    """Back to the first schema."""
    op.drop_index("ix_catalog_files_stored", "catalog_files")
    for table in ("catalog_findings", "catalog_blobs", "catalog_aliases"):
        op.drop_table(table)
    with op.batch_alter_table("download_requests") as batch:
        batch.drop_column("source")
    for table, columns in (("catalog_revisions", _revision_columns()), ("catalog_entries", _entry_columns())):
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
