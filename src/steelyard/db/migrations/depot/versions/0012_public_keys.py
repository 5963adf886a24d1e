"""Public keys that people sign requests with."""

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "public_keys",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(50), nullable=False),
        sa.Column("public_key", sa.String(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_keys")),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_public_keys_account_accounts")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_public_keys_fingerprint")),
    )
    op.create_index("ix_public_keys_account", "public_keys", ["account", "created_at"])


def downgrade() -> None:
    """Without signed requests."""
    op.drop_table("public_keys")
