"""What is known about files that can run code when they are loaded, and what an administrator allowed."""

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "catalog_pickles",
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("safe", sa.Boolean()),
        sa.Column("reasons", sa.JSON()),
        sa.Column("scanner", sa.String(60)),
        sa.Column("scanned_at", UtcDateTime()),
        sa.Column("allowed_by", sa.String(200)),
        sa.Column("allowed_at", UtcDateTime()),
        sa.Column("allow_reason", sa.Text()),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_catalog_pickles")),
    )


def downgrade() -> None:
    """Back to a depot that lets no such file out of quarantine."""
    op.drop_table("catalog_pickles")
