"""The throw-away PostgreSQL: databases of their own, a restart that keeps them, and nothing left behind."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from steelyard.testing.clock import eventually
from steelyard.testing.postgres import PostgresCluster
from steelyard.testing.postgres_binaries import PostgresFailed, find_binaries, wheel_binaries

_HOLDER = """
import time
from steelyard.testing.postgres import PostgresCluster
with PostgresCluster() as cluster:
    print(cluster.folder, flush=True)
    time.sleep(60)
"""


def test_databases_begin_equal_and_go_their_own_ways(postgres: PostgresCluster) -> None:
    with postgres.database() as template:
        _run(template, "CREATE TABLE things (name text)")
        name = template.partition("?")[0].rpartition("/")[2]
        with postgres.database(name) as one, postgres.database(name) as two:
            _run(one, "INSERT INTO things VALUES ('mine')")
            assert _run(one, "SELECT count(*) FROM things") == 1
            assert _run(two, "SELECT count(*) FROM things") == 0
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        _run(one, "SELECT 1")


@pytest.mark.parametrize("binaries", [find_binaries(), *wheel_binaries()[:1]], ids=["found", "wheel"])
def test_a_restart_keeps_the_data_and_the_end_keeps_nothing(binaries: Path) -> None:
    with PostgresCluster(binaries) as cluster, cluster.database() as url:
        _run(url, "CREATE TABLE things AS SELECT 1 AS number")
        cluster.stop()
        with pytest.raises(psycopg.OperationalError):
            _run(url, "SELECT 1")
        cluster.start()
        assert _run(url, "SELECT number FROM things") == 1
    assert not cluster.folder.exists()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
async def test_nothing_stays_when_the_tests_are_killed(sign: signal.Signals) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert holder.stdout is not None
    folder = Path((await holder.stdout.readline()).decode().strip())
    server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    holder.send_signal(sign)
    await holder.wait()
    await eventually(lambda: not folder.exists())
    assert not Path(f"/proc/{server}").exists()


@pytest.fixture
def broken() -> Iterator[Path]:
    """A folder with an initdb that fails."""
    with TemporaryDirectory() as folder:
        initdb = Path(folder, "initdb")
        initdb.write_text("#!/bin/sh\necho no room here\nexit 1\n")
        for path in (initdb, initdb.parent):
            path.chmod(0o755)  # the unprivileged user must reach it
        yield initdb.parent


def test_binaries_that_cannot_run_are_told_with_their_words(broken: Path) -> None:
    with pytest.raises(PostgresFailed, match="no room here"), PostgresCluster(broken):
        pass


def _run(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None
