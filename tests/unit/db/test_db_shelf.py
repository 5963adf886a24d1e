"""A shelf of version 0.1 after the upgrade: what lists read now is there."""

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from sqlalchemy import text

from steelyard.db.migrate import configuration, upgrade
from steelyard.db.sqlite import writer_engine

NOW = datetime(2026, 11, 20, tzinfo=UTC).replace(tzinfo=None).isoformat(" ")
ENTRY = text(
    "INSERT INTO catalog_entries (id, hub, kind, repo, title, tags, active, private, pinned, status, download_count,"
    " uses, created_at) VALUES (:id, 'huggingface', 'model', :repo, :repo, '[]', 1, 0, 0, 'ready', 0, 0, :now)"
)
REVISION = text("INSERT INTO catalog_revisions (id, entry, commit_hash, created_at) VALUES (:id, 1, :commit, :now)")
FILE = text(
    "INSERT INTO catalog_files (revision, path, size, digest, state) VALUES (:revision, :path, :size, :digest, :state)"
)


def test_entries_know_their_bytes(tmp_path: Path) -> None:
    engine = writer_engine(tmp_path / "depot.db", "NORMAL")
    config = configuration("depot")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(ENTRY, [{"id": key, "repo": f"org/{key}", "now": NOW} for key in (1, 2)])
        connection.execute(REVISION, [{"id": key, "commit": str(key) * 40, "now": NOW} for key in (1, 2)])
        rows = [
            (1, "a", 100, "sha256:a", 1),
            (2, "a", 100, "sha256:a", 1),
            (2, "b", 7, "sha256:b", 2),
            (2, "c", 9, "sha256:c", 0),
        ]
        names = ("revision", "path", "size", "digest", "state")
        connection.execute(FILE, [dict(zip(names, row, strict=True)) for row in rows])
    assert upgrade(engine, "depot")
    with engine.begin() as connection:
        sizes = connection.execute(text("SELECT size_bytes FROM catalog_entries ORDER BY id")).scalars().all()
    engine.dispose()
    assert sizes == [107, 0]
