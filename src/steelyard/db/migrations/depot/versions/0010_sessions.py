"""Conversations with models that people keep on the server."""

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "serving_sessions",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serving_sessions")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_serving_sessions_owner_name")),
    )
    op.create_index("ix_serving_sessions_owner", "serving_sessions", ["owner", "updated_at"])
    op.create_table(
        "serving_messages",
        sa.Column("session", _KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["serving_sessions.id"], name=op.f("fk_serving_messages_session")),
        sa.PrimaryKeyConstraint("session", "number", name=op.f("pk_serving_messages")),
    )


def downgrade() -> None:
    """Back to a depot that keeps no conversations: they are forgotten."""
    for table in ("serving_messages", "serving_sessions"):
        op.drop_table(table)
