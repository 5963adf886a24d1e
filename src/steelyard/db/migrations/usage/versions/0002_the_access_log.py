"""The access log is read by address, by type and by what failed; totals are read by model."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    op.drop_index("ix_usage_events_at_ms", "usage_events")
    op.create_index("ix_usage_events_at_ms", "usage_events", ["at_ms", "id"])
    op.create_index("ix_usage_events_address", "usage_events", ["address", "at_ms"])
    op.create_index("ix_usage_events_type", "usage_events", ["type", "at_ms"])
    op.create_index("ix_usage_totals_model", "usage_totals", ["model"])
    op.create_index(
        "ix_usage_events_failed",
        "usage_events",
        ["at_ms"],
        sqlite_where=sa.text("success IS 0"),
        postgresql_where=sa.text("success IS false"),
    )


def downgrade() -> None:
    """Back to the first schema."""
    op.drop_index("ix_usage_totals_model", "usage_totals")
    for name in ("failed", "type", "address", "at_ms"):
        op.drop_index(f"ix_usage_events_{name}", "usage_events")
    op.create_index("ix_usage_events_at_ms", "usage_events", ["at_ms"])
