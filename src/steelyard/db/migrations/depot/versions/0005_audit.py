"""What was changed, by whom, before and after; the salts of hidden addresses."""

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INDEXED = {"at": ["at", "id"], **{name: [name, "at", "id"] for name in ("principal", "action", "subject")}}
_FIXED = "id, at, principal, known_by, credential, action, subject, before, after"
_SQLITE = (
    f"""CREATE TRIGGER audit_log_no_change BEFORE UPDATE OF {_FIXED} ON audit_log
        BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
    """CREATE TRIGGER audit_log_no_other_address BEFORE UPDATE OF address ON audit_log
       WHEN NEW.address IS NOT NULL AND NEW.address IS NOT OLD.address
       BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
    """CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
       WHEN OLD.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-29 days')
       BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
    f"""CREATE TRIGGER audit_log_no_change BEFORE UPDATE OF {_FIXED} ON audit_log
        FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()""",
    """CREATE TRIGGER audit_log_no_other_address BEFORE UPDATE OF address ON audit_log FOR EACH ROW
       WHEN (NEW.address IS NOT NULL AND NEW.address IS DISTINCT FROM OLD.address)
       EXECUTE FUNCTION audit_log_refuse()""",
    """CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log FOR EACH ROW
       WHEN (OLD.at > now() - interval '29 days') EXECUTE FUNCTION audit_log_refuse()""",
    """CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
       FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()""",
)


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "audit_log",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("principal", _KEY),
        sa.Column("known_by", sa.String(12), nullable=False),
        sa.Column("address", sa.String(200)),
        sa.Column("credential", sa.String(80)),
        sa.Column("action", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON()),
        sa.ForeignKeyConstraint(["principal"], ["principals.id"], name=op.f("fk_audit_log_principal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    for name, columns in _INDEXED.items():
        op.create_index(f"ix_audit_log_{name}", "audit_log", columns)
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
    op.create_table(
        "privacy_salts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_privacy_salts")),
    )


def downgrade() -> None:
    """Back to no audit log; its triggers go with it."""
    op.drop_table("privacy_salts")
    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_refuse()")
