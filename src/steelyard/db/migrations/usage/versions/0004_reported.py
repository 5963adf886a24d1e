"""Events that other services report are counted once, and their starts wait for their ends."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "usage_reported",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("reporter", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "reporter", "hash", name=op.f("pk_usage_reported")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_unfinished",
        sa.Column("reporter", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger()),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.BigInteger()),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("reporter", "hash", name=op.f("pk_usage_unfinished")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_usage_unfinished_due_ms", "usage_unfinished", ["due_ms"])


def downgrade() -> None:
    """What came with an id is not known any more afterwards."""
    op.drop_table("usage_unfinished")
    op.drop_table("usage_reported")
