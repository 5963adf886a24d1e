"""Migrations: from nothing to the newest schema and back, with copies, and equal to the models."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, Table, inspect, text

from steelyard.app import build  # noqa: F401 - brings in the tables of every room
from steelyard.db.database import Database
from steelyard.db.metadata import depot_metadata, usage_metadata
from steelyard.db.migrate import MIGRATIONS, History, SchemaTooNew, configuration, upgrade, version_table
from steelyard.db.sqlite import driver, writer_engine

RELEASES = Path(__file__).parents[2] / "data" / "releases"
HISTORIES: dict[History, MetaData] = {"depot": depot_metadata, "usage": usage_metadata}
_STEP = """
from alembic import op
import sqlalchemy as sa

revision = "later_{number}"
down_revision = "{down}"

def upgrade():
    op.create_table("later_{number}", sa.Column("id", sa.Integer, primary_key=True))
    {last}
"""
both = pytest.mark.parametrize("history", HISTORIES)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A writer on a new file."""
    engine = writer_engine(tmp_path / "a.db", "NORMAL")
    yield engine
    engine.dispose()


@both
def test_a_new_file_gets_the_newest_schema_once(engine: Engine, history: History) -> None:
    assert upgrade(engine, history)
    assert _version(engine, history) == _scripts(history).get_current_head()
    assert not upgrade(engine, history)
    assert _copies(engine) == []


@both
def test_the_migrations_make_what_the_models_say(engine: Engine, history: History) -> None:
    upgrade(engine, history)
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": version_table(history)}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, HISTORIES[history]) == []


@both
def test_the_migrations_make_the_same_indexes_as_the_models(engine: Engine, history: History, tmp_path: Path) -> None:
    upgrade(engine, history)
    fresh = writer_engine(tmp_path / "models.db", "NORMAL")
    HISTORIES[history].create_all(fresh)
    assert _indexes(engine) == _indexes(fresh)
    fresh.dispose()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_the_indexes_are_the_same_on_postgresql(database: Database, usage_log: Database) -> None:
    with database.writer.begin() as connection:
        connection.execute(text("CREATE SCHEMA fresh"))
        there = connection.execution_options(schema_translate_map={None: "fresh"})
        for metadata in HISTORIES.values():
            metadata.create_all(there)
        found = text("SELECT schemaname, tablename, indexdef FROM pg_indexes")
        made: dict[str, set[str]] = {"public": set(), "fresh": set()}
        ours = {table.name for metadata in HISTORIES.values() for table in metadata.sorted_tables}
        for schema, table, definition in connection.execute(found).all():
            if schema in made and table in ours:
                made[schema].add(definition.replace(f"{schema}.", ""))
    assert made["public"] == made["fresh"]
    assert len(made["fresh"]) > 20


@both
def test_down_to_nothing_and_up_again(engine: Engine, history: History) -> None:
    upgrade(engine, history)
    before = _tables(engine)
    _downgrade(engine, history, "base")
    assert _tables(engine) == {version_table(history)}
    assert upgrade(engine, history)
    assert _tables(engine) == before


def test_a_filled_depot_goes_down_and_up_again(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((RELEASES / "0.1.0" / "depot.sql").read_text())
    engine = writer_engine(path, "NORMAL")
    upgrade(engine, "depot")
    before = _counts(engine)
    _downgrade(engine, "depot", "0001")
    assert upgrade(engine, "depot")
    assert _counts(engine) == before
    assert min(before[table] for table in ("catalog_files", "catalog_revisions", "download_requests")) > 0
    engine.dispose()


@both
def test_the_history_is_one_line(history: History) -> None:
    scripts = _scripts(history)
    assert len(scripts.get_heads()) == 1
    assert all(not script.is_branch_point and not script.is_merge_point for script in scripts.walk_revisions())


def test_both_histories_fit_into_one_database(engine: Engine) -> None:
    for history in HISTORIES:
        assert upgrade(engine, history)
    assert {version_table(history) for history in HISTORIES} < _tables(engine)


@both
def test_a_schema_from_the_future_is_refused_and_left_alone(engine: Engine, history: History) -> None:
    upgrade(engine, history)
    _stamp(engine, history, "9999_from_tomorrow")
    with pytest.raises(SchemaTooNew) as caught:
        upgrade(engine, history)
    assert caught.value.hint
    assert _version(engine, history) == "9999_from_tomorrow"
    assert _copies(engine) == []


def test_an_older_database_is_copied_before_it_changes(engine: Engine, tmp_path: Path) -> None:
    upgrade(engine, "usage")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO usage_words (kind, text) VALUES (1, 'kept')"))
    assert upgrade(engine, "usage", _later(tmp_path, 1))
    assert "later_1" in _tables(engine)
    [path] = _copies(engine)
    copy = writer_engine(path, "NORMAL")
    assert "later_1" not in _tables(copy)
    assert _version(copy, "usage") == _scripts("usage").get_current_head()
    with copy.connect() as connection:
        assert connection.execute(text("SELECT text FROM usage_words")).scalar_one() == "kept"
    copy.dispose()


_INCREMENTAL = 2  # as SQLite tells it


@pytest.mark.parametrize("before", ["NONE", "INCREMENTAL"])
def test_an_older_file_can_give_pages_back_from_its_upgrade_on(tmp_path: Path, before: str) -> None:
    path = tmp_path / "old.db"
    with closing(driver().connect(path)) as connection:
        connection.execute(f"PRAGMA auto_vacuum={before}")
        connection.execute("CREATE TABLE other (id INTEGER)")
    old = writer_engine(path, "NORMAL")
    upgrade(old, "usage")
    upgrade(old, "usage", _later(tmp_path, 1))
    with old.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == _INCREMENTAL
    assert "other" in _tables(old)
    old.dispose()


def test_three_copies_are_kept(engine: Engine, tmp_path: Path) -> None:
    upgrade(engine, "usage")
    for number in range(1, 6):
        assert upgrade(engine, "usage", _later(tmp_path, number))
    assert [path.name for path in _copies(engine)] == [f"a.db.before-{number:06d}" for number in (3, 4, 5)]


def test_a_migration_that_fails_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    upgrade(engine, "usage")
    before = _tables(engine)
    with pytest.raises(RuntimeError, match="half way"):
        upgrade(engine, "usage", _later(tmp_path, 2, last_step="raise RuntimeError('half way')"))
    assert _tables(engine) == before
    assert _version(engine, "usage") == _scripts("usage").get_current_head()


def _later(tmp_path: Path, count: int, last_step: str = "pass") -> Path:
    """The migrations of a later version: the usage history with some more steps, each of which adds a table."""
    folder = tmp_path / f"later-{count}"
    shutil.copytree(MIGRATIONS / "usage", folder / "usage", ignore=shutil.ignore_patterns("__pycache__"))
    down = _scripts("usage").get_current_head()
    for number in range(1, count + 1):
        step = _STEP.format(number=number, down=down, last=last_step if number == count else "pass")
        (folder / "usage" / "versions" / f"later_{number}.py").write_text(step)
        down = f"later_{number}"
    return folder


def _scripts(history: History) -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration(history))


def _version(engine: Engine, history: History) -> str | None:
    with engine.connect() as connection:
        options = {"version_table": version_table(history)}
        return MigrationContext.configure(connection, opts=options).get_current_revision()


def _stamp(engine: Engine, history: History, version: str) -> None:
    with engine.begin() as connection:
        table = Table(version_table(history), MetaData(), autoload_with=connection)
        connection.execute(table.update().values(version_num=version))


def _downgrade(engine: Engine, history: History, target: str) -> None:
    config = configuration(history)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, target)


def _tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def _indexes(engine: Engine) -> set[str]:
    statement = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    with engine.connect() as connection:
        return {" ".join(sql.replace('"', "").split()) for sql in connection.execute(text(statement)).scalars()}


def _counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - our own names
            for table in _tables(engine)
        }


def _copies(engine: Engine) -> list[Path]:
    return sorted(Path(str(engine.url.database)).parent.glob("*.before-*"))
