"""An index for every order of the long lists, and who works on the jobs."""

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# PostgreSQL wants to hear where nothing goes, SQLite has it last by itself.
_LAST = " NULLS LAST"
_ORDERS = {
    "ix_catalog_entries_by_name": ("catalog_entries", ["sort_name", "id"]),
    "ix_catalog_entries_by_newest": ("catalog_entries", ["created_at DESC", "id"]),
    "ix_catalog_entries_by_downloads": ("catalog_entries", ["download_count DESC", "id"]),
    "ix_catalog_entries_by_size": ("catalog_entries", ["size_bytes DESC", "id"]),
    "ix_catalog_entries_by_last_used": ("catalog_entries", [f"last_used_at DESC{_LAST}", "id"]),
    "ix_download_requests_total_size": (
        "download_requests",
        [f"total_size DESC{_LAST}", "timestamp DESC", "id DESC"],
    ),
}
_REPLACED = {
    "ix_catalog_entries_sort_name": ["sort_name", "id"],
    "ix_catalog_entries_created_at": ["created_at"],
    "ix_catalog_entries_download_count": ["download_count"],
    "ix_catalog_entries_size_bytes": ["size_bytes"],
    "ix_catalog_entries_last_used_at": ["last_used_at"],
}
_COUNTED = ["status", "purged_at", "private", "owner"]


def upgrade() -> None:
    """Expand."""
    for name in _REPLACED:
        op.drop_index(name, "catalog_entries")
    for name, (table, order) in _ORDERS.items():
        op.create_index(name, table, [sa.text(_said(column)) for column in order])
    _replace("ix_catalog_entries_status", "catalog_entries", [*_COUNTED, "format", "hub"])
    _replace("ix_jobs_created_at", "jobs", ["created_at", "id"])
    op.create_table(
        "job_workers",
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_job_workers")),
    )


def downgrade() -> None:
    """Back to the orders of before."""
    op.drop_table("job_workers")
    _replace("ix_jobs_created_at", "jobs", ["created_at"])
    _replace("ix_catalog_entries_status", "catalog_entries", _COUNTED)
    for name, (table, _) in _ORDERS.items():
        op.drop_index(name, table)
    for name, columns in _REPLACED.items():
        op.create_index(name, "catalog_entries", columns)


def _said(column: str) -> str:
    return column if op.get_bind().dialect.name == "postgresql" else column.removesuffix(_LAST)


def _replace(name: str, table: str, columns: list[str]) -> None:
    op.drop_index(name, table)
    op.create_index(name, table, columns)
