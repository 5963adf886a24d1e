"""The shelf: what the weights' headers tell, second names, blobs as they were verified, findings, and the trash."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from steelyard.db.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ORDERS = {name: [name] for name in ("size_bytes", "download_count", "last_used_at", "created_at")}
_COUNTED = ["status", "purged_at", "private", "owner"]
_ORDERS["sort_name"] = ["sort_name", "id"]
_INDEXED = ("username", "vpn_ip", "status", "timestamp")


# Lists read the sum from the entry; a blob that several revisions show counts once.
_COUNT_BYTES = """
UPDATE catalog_entries SET size_bytes = COALESCE((
    SELECT SUM(once.size) FROM (
        SELECT r.entry AS entry, MAX(f.size) AS size
        FROM catalog_files f JOIN catalog_revisions r ON r.id = f.revision
        WHERE f.state <> 0 GROUP BY r.entry, f.digest
    ) once WHERE once.entry = catalog_entries.id
), 0)
"""


def _entry_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("architecture", sa.String(80)),
        sa.Column("parameters", sa.BigInteger()),
        sa.Column("quantization", sa.String(40)),
        sa.Column("context_length", sa.BigInteger()),
        sa.Column("license", sa.String(120)),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("deleted_by", sa.String(200)),
        sa.Column("purge_after", UtcDateTime()),
        sa.Column("purged_at", UtcDateTime()),
        sa.Column("sort_name", sa.String(200), nullable=False, server_default=""),
        sa.Column("search_words", sa.Text(), nullable=False, server_default=""),
    ]


def _revision_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("facts", sa.JSON()),
        sa.Column("inspected_at", UtcDateTime()),
        sa.Column("files_partial", sa.Boolean(), nullable=False, server_default=sa.false()),
    ]


def upgrade() -> None:
    """Expand."""
    for column in _entry_columns():
        op.add_column("catalog_entries", column)
    op.execute("UPDATE catalog_entries SET sort_name = lower(repo), search_words = lower(repo || ' ' || title)")
    op.drop_index("ix_catalog_entries_status", "catalog_entries")
    op.create_index("ix_catalog_entries_status", "catalog_entries", _COUNTED)
    for name, indexed in _ORDERS.items():
        op.create_index(f"ix_catalog_entries_{name}", "catalog_entries", indexed)
    for column in _revision_columns():
        op.add_column("catalog_revisions", column)
    op.add_column("download_requests", sa.Column("source", sa.String(40)))
    op.execute("UPDATE download_requests SET source = 'huggingface' WHERE kind = 'model'")
    _create_aliases()
    _create_blobs()
    _create_findings()
    _create_checks()
    _create_stores()
    _create_feed()
    _create_imports()
    _create_names()
    _widen_request_indexes()
    op.create_index("ix_catalog_files_stored", "catalog_files", ["state", "digest", "size"])
    op.execute(_COUNT_BYTES)


def _create_aliases() -> None:
    op.create_table(
        "catalog_aliases",
        sa.Column("alias", sa.String(200), nullable=False),
        sa.Column("entry", _KEY, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_catalog_aliases_entry")),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_catalog_aliases")),
    )
    op.create_index("ix_catalog_aliases_entry", "catalog_aliases", ["entry"])


def _create_blobs() -> None:
    op.create_table(
        "catalog_blobs",
        sa.Column("entry", _KEY, nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("inode", sa.String(24), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_catalog_blobs_entry")),
        sa.PrimaryKeyConstraint("entry", "digest", name=op.f("pk_catalog_blobs")),
    )
    op.create_index("ix_catalog_blobs_digest", "catalog_blobs", ["digest"])


def _create_findings() -> None:
    op.create_table(
        "catalog_findings",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("problem", sa.String(20), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("entry", _KEY),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime()),
        sa.Column("job", sa.String(36)),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_catalog_findings_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_findings")),
    )
    op.create_index("ix_catalog_findings_open", "catalog_findings", ["resolved_at", "found_at"])
    op.create_index("ix_catalog_findings_job", "catalog_findings", ["job"])


def _create_checks() -> None:
    op.create_table(
        "catalog_checks",
        sa.Column("job", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("entry", _KEY),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=False),
        sa.Column("right_count", sa.Integer(), nullable=False),
        sa.Column("damaged_count", sa.Integer(), nullable=False),
        sa.Column("missing_count", sa.Integer(), nullable=False),
        sa.Column("stray_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["catalog_entries.id"], name=op.f("fk_catalog_checks_entry")),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_catalog_checks")),
    )
    op.create_index("ix_catalog_checks_finished_at", "catalog_checks", ["finished_at"])


def _create_stores() -> None:
    op.create_table(
        "catalog_stores",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("identity", sa.String(36)),
        sa.Column("scanned_at", UtcDateTime()),
        sa.Column("hub_bytes", sa.BigInteger()),
        sa.Column("quarantine_bytes", sa.BigInteger()),
        sa.Column("trash_bytes", sa.BigInteger()),
        sa.Column("parts_bytes", sa.BigInteger()),
        sa.Column("foreign_bytes", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_stores")),
    )


def _create_feed() -> None:
    op.create_table(
        "change_feed",
        sa.Column("position", _KEY, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("key", sa.String(400), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_change_feed")),
    )
    op.create_index("ix_change_feed_at", "change_feed", ["at"])


def _create_imports() -> None:
    op.create_table(
        "download_imports",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("entry", _KEY),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "folder", name=op.f("pk_download_imports")),
    )
    op.create_table(
        "download_import_files",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("inode", sa.String(24), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("way", sa.String(8)),
        sa.PrimaryKeyConstraint("job_id", "place", name=op.f("pk_download_import_files")),
    )


def _create_names() -> None:
    op.create_table(
        "download_names",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download_names")),
        sa.UniqueConstraint("text", name=op.f("uq_download_names_text")),
    )
    op.add_column("download_requests", sa.Column("name", sa.BigInteger()))
    op.create_index("ix_download_requests_model", "download_requests", ["model", "timestamp", "id"])
    _fill_names(op.get_bind())
    op.create_index("ix_download_requests_name", "download_requests", ["name", "timestamp", "id"])


def _fill_names(connection: sa.Connection) -> None:
    """What requests asked for so far; folding case is Python's, since the databases disagree about it."""
    names = sa.table("download_names", sa.column("id"), sa.column("text"))
    requests = sa.table("download_requests", sa.column("model"), sa.column("name"))
    asked = [model for model in connection.execute(sa.select(requests.c.model).distinct()).scalars() if model]
    texts = sorted({model.casefold() for model in asked})
    if not texts:
        return
    connection.execute(names.insert(), [{"text": text} for text in texts])
    keys = {row.text: row.id for row in connection.execute(sa.select(names))}
    named = requests.update().where(requests.c.model == sa.bindparam("of")).values(name=sa.bindparam("key"))
    connection.execute(named, [{"of": model, "key": keys[model.casefold()]} for model in asked])


def _widen_request_indexes() -> None:
    for column in _INDEXED:
        op.drop_index(f"idx_download_requests_{column}", "download_requests")
        more = ["timestamp", "id"] if column != "timestamp" else ["id"]
        op.create_index(f"idx_download_requests_{column}", "download_requests", [column, *more])


def downgrade() -> None:
    """Back to the first schema."""
    op.drop_index("ix_catalog_files_stored", "catalog_files")
    for indexed in _INDEXED:
        op.drop_index(f"idx_download_requests_{indexed}", "download_requests")
        op.create_index(f"idx_download_requests_{indexed}", "download_requests", [indexed])
    for indexed in ("model", "name"):
        op.drop_index(f"ix_download_requests_{indexed}", "download_requests")
    op.drop_table("download_names")
    op.drop_table("change_feed")
    op.drop_table("download_import_files")
    op.drop_table("download_imports")
    for table in ("stores", "checks", "findings", "blobs", "aliases"):
        op.drop_table(f"catalog_{table}")
    for name in ("source", "name"):
        op.drop_column("download_requests", name)
    for name in ("status", *_ORDERS):
        op.drop_index(f"ix_catalog_entries_{name}", "catalog_entries")
    op.create_index("ix_catalog_entries_status", "catalog_entries", ["status"])
    for table, columns in (("catalog_revisions", _revision_columns()), ("catalog_entries", _entry_columns())):
        for column in columns:  # one by one: a batch makes the table anew on SQLite, and others refer to its rows
            op.drop_column(table, column.name)
