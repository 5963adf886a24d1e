"""What people push: the history of their repositories, which references are tags, and leave to send bytes."""

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "push_commits",
        sa.Column("entry", _KEY, nullable=False),
        sa.Column("oid", sa.String(40), nullable=False),
        sa.Column("parent", sa.String(40)),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_push_commits_entry")),
        sa.PrimaryKeyConstraint("entry", "oid", name=op.f("pk_push_commits")),
    )
    op.create_table(
        "push_tags",
        sa.Column("entry", _KEY, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("message", sa.Text()),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_push_tags_entry")),
        sa.PrimaryKeyConstraint("entry", "name", name=op.f("pk_push_tags")),
    )
    op.create_table(
        "push_uploads",
        sa.Column("ticket_hash", sa.String(64), nullable=False),
        sa.Column("entry", _KEY, nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("principal", _KEY, nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_push_uploads_entry")),
        sa.PrimaryKeyConstraint("ticket_hash", name=op.f("pk_push_uploads")),
    )
    op.create_index("ix_push_uploads_expires_at", "push_uploads", ["expires_at"])


def downgrade() -> None:
    """Back to a depot that nobody pushes to; what was pushed stays on the shelf."""
    for table in ("push_uploads", "push_tags", "push_commits"):
        op.drop_table(table)
