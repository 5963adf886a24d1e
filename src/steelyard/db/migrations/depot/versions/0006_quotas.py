"""Quotas and approvals."""

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand. What was brought before there were quotas is charged to nobody."""
    op.add_column("download_requests", sa.Column("brings", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("download_requests", sa.Column("asked_as", sa.String(12)))
    op.create_index("ix_download_requests_principal", "download_requests", ["principal", "timestamp"])
    op.create_index("ix_download_requests_entry", "download_requests", ["entry", "id"])
    _create_quotas()
    _create_approvals()
    op.create_table(
        "download_clearances",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("cleared_by", sa.String(8)),
        sa.Column("base_bytes", sa.BigInteger(), nullable=False),
        sa.Column("new_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_download_clearances")),
    )


def downgrade() -> None:
    """Back to a depot in which everybody may ask for everything."""
    for table in ("download_clearances", "download_approvals", "quotas"):
        op.drop_table(table)
    for name in ("entry", "principal"):
        op.drop_index(f"ix_download_requests_{name}", "download_requests")
    for name in ("asked_as", "brings"):
        op.drop_column("download_requests", name)


def _create_quotas() -> None:
    op.create_table(
        "quotas",
        sa.Column("kind", sa.String(9), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("held_bytes", sa.BigInteger()),
        sa.Column("period_bytes", sa.BigInteger()),
        sa.Column("period_requests", sa.BigInteger()),
        sa.Column("period", sa.String(5), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name_key", name=op.f("pk_quotas")),
    )


def _create_approvals() -> None:
    op.create_table(
        "download_approvals",
        sa.Column("task_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("dedupe_key", sa.String(700), nullable=False),
        sa.Column("model", sa.String(300), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("principal", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime()),
        sa.Column("decided_by", sa.String(200)),
        sa.Column("decision_reason", sa.Text()),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_download_approvals")),
    )
    op.create_index("ix_download_approvals_state", "download_approvals", ["state", "asked_at", "task_id"])
