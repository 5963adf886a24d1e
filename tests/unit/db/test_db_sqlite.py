"""The engines: who may write, and how transactions begin."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError, OperationalError

from steelyard.db import sqlite
from steelyard.db.database import open_sqlite
from steelyard.db.lock import DatabaseInUse


def _count(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM things")).scalar_one())


def _make(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"))


def _add(connection: Connection) -> None:
    connection.execute(text("INSERT INTO things (name) VALUES (lower(hex(randomblob(8))))"))


def test_the_writer_begins_immediate_so_that_nobody_else_can_write(tmp_path: Path) -> None:
    writer = sqlite.writer_engine(tmp_path / "a.db", "NORMAL")
    other = sqlite.driver().connect(tmp_path / "a.db", timeout=0, isolation_level=None)
    with writer.begin(), pytest.raises(sqlite.driver().OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")  # and the writer has not made one statement yet
    other.execute("BEGIN IMMEDIATE")
    other.close()
    writer.dispose()


@pytest.mark.parametrize(("synchronous", "number"), [("FULL", 2), ("NORMAL", 1)])
def test_the_writer_has_its_pragmas(tmp_path: Path, synchronous: sqlite.Synchronous, number: int) -> None:
    writer = sqlite.writer_engine(tmp_path / "a.db", synchronous)
    with writer.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": number, "foreign_keys": 1}
    writer.dispose()


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "a.db", "NORMAL")
    await database.write(_make)
    with pytest.raises((OperationalError, DatabaseError), match=r"readonly|read-only|query_only"):
        await database.read(_add)
    assert await database.read(_count) == 0
    database.close()


async def test_a_transaction_commits_when_it_returns_and_not_when_it_raises(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "a.db", "NORMAL")
    await database.write(_make)
    await database.write(_add)

    def fails(connection: Connection) -> None:
        _add(connection)
        raise LookupError("half way")

    with pytest.raises(LookupError):
        await database.write(fails)
    assert await database.read(_count) == 1
    database.close()


async def test_readers_see_what_was_committed_while_somebody_writes(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "a.db", "NORMAL")
    await database.write(_make)
    with database.writer.begin() as writing:
        _add(writing)
        assert await database.read(_count) == 0
    assert await database.read(_count) == 1
    database.close()


def test_a_second_owner_is_told_at_once(tmp_path: Path) -> None:
    first = open_sqlite(tmp_path / "a.db", "NORMAL")
    with pytest.raises(DatabaseInUse) as caught:
        open_sqlite(tmp_path / "a.db", "NORMAL")
    assert "--home" in (caught.value.hint or "")
    open_sqlite(tmp_path / "b.db", "NORMAL").close()
    first.close()
    open_sqlite(tmp_path / "a.db", "NORMAL").close()


def test_missing_folders_are_made(tmp_path: Path) -> None:
    open_sqlite(tmp_path / "deep" / "er" / "a.db", "NORMAL").close()
    assert (tmp_path / "deep" / "er").is_dir()


async def test_closing_leaves_one_file_without_a_log(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "a.db", "FULL")
    await database.write(_make)
    database.close()
    assert not list(tmp_path.glob("a.db-*"))


def test_the_sqlite_in_use_is_named() -> None:
    assert sqlite.driver().sqlite_version in sqlite.platform_note()
