"""Instructions and parameters that go with aliases of models."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "serving_presets",
        sa.Column("alias", sa.String(200), nullable=False),
        sa.Column("system", sa.Text()),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alias"], ["catalog_aliases.alias"], name=op.f("fk_serving_presets_alias"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_serving_presets")),
    )


def downgrade() -> None:
    """Back to a depot whose aliases are only names."""
    op.drop_table("serving_presets")
