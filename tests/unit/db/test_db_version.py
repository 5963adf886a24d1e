"""A version is another one after every commit, and the same until then."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from steelyard.db import sqlite
from steelyard.db.database import Database
from steelyard.db.version import FileVersion, Unknown

ONLY_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def make(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE things (name TEXT)"))


def add(connection: Connection) -> None:
    connection.execute(text("INSERT INTO things VALUES ('a')"))


def fail(connection: Connection) -> None:
    add(connection)
    raise LookupError


def count(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM things")).scalar_one())


@ONLY_SQLITE
async def test_every_commit_makes_another_version(database: Database) -> None:
    seen = [database.version.now()]
    for work in (make, add, add):
        await database.write(work)
        seen.append(database.version.now())
    assert len(set(seen)) == 4


@ONLY_SQLITE
async def test_it_stays_while_nobody_commits(database: Database) -> None:
    await database.write(make)
    before = database.version.now()
    with pytest.raises(LookupError):
        await database.write(fail)
    assert await database.read(count) == 0
    assert before is not None
    assert database.version.now() == before


@ONLY_SQLITE
async def test_nobody_can_tell_of_what_is_closed(database: Database) -> None:
    assert database.version.now() is not None
    database.version.close()
    assert database.version.now() is None


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_of_postgresql_nobody_can_tell(database: Database) -> None:
    assert database.version.now() is None


def test_a_file_that_somebody_has_for_themselves_has_no_version(tmp_path: Path) -> None:
    other = sqlite.driver().connect(tmp_path / "a.db", isolation_level=None)
    other.execute("CREATE TABLE t (a)")
    version = FileVersion(tmp_path / "a.db")
    assert version.now() is not None
    other.execute("BEGIN EXCLUSIVE")  # not in WAL mode: nobody can even read
    assert version.now() is None
    other.execute("COMMIT")
    assert version.now() is not None
    other.close()
    version.close()


def test_the_unknown_can_be_closed() -> None:
    version = Unknown()
    version.close()
    assert version.now() is None
