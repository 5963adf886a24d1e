"""Processes that start at the same moment on a database with nothing in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from steelyard.client import Client
from steelyard.testing.hub import StandInHub
from steelyard.testing.postgres import PostgresCluster
from tests.chaos.fleet import Fleet, open_fleet

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other


@pytest.fixture
def fleet(hub: StandInHub, tmp_path: Path, postgres: PostgresCluster) -> Iterator[Fleet]:
    """Nothing runs, and the database is as PostgreSQL makes one."""
    with postgres.database("template0") as url, open_fleet(hub, tmp_path, url) as fleet:
        yield fleet


def test_all_start_and_there_is_one_schema(hub: StandInHub, fleet: Fleet, postgres: PostgresCluster) -> None:
    servers = [fleet.serve(f"api-{number}") for number in range(3)]
    workers = [fleet.hire(f"worker-{number}") for number in range(2)]
    for process in (*servers, *workers):
        process.wait()
    for server in servers:
        with Client(server.url) as client:
            assert client.system.ready()
    for versions in ("SELECT * FROM alembic_version_depot", "SELECT * FROM alembic_version_usage"):
        assert len(_rows(fleet.database, versions)) == 1
    with postgres.database() as url:
        assert _columns(url) <= _columns(fleet.database)
    hub.add("acme/small", {"config.json": b"{}"})
    with Client(servers[0].url, user="alice") as client:
        job_id = client.pull("acme/small")["job_id"]
        assert job_id is not None
        assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"


def _columns(url: str) -> set[tuple[str, str]]:
    """Every column of every table."""
    wanted = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    return {(table, column) for table, column in _rows(url, wanted)}


def _rows(url: str, question: LiteralString) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchall()
