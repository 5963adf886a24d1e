"""PostgreSQL goes away and comes back in the middle of a download."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from steelyard.client import Client
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.content import MIB
from steelyard.testing.postgres import PostgresCluster
from steelyard.testing.process import DepotProcess
from tests.chaos import upstream
from tests.chaos.fleet import Fleet, open_fleet
from tests.chaos.patience import until

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    """A PostgreSQL that nobody else uses."""
    with PostgresCluster() as cluster:
        yield cluster


@pytest.fixture
def fleet(hub: StandInHub, tmp_path: Path, cluster: PostgresCluster) -> Iterator[Fleet]:
    """A server and a worker."""
    with open_fleet(hub, tmp_path, cluster.url(cluster.create())) as fleet:
        yield fleet


@pytest.mark.parametrize("seconds", [0, pytest.param(12, marks=pytest.mark.slow)])  # the second is beyond any lease
def test_the_job_goes_on_by_itself(hub: StandInHub, fleet: Fleet, cluster: PostgresCluster, seconds: float) -> None:
    commit = upstream.fill(hub)
    server, worker = fleet.serve("api-1"), fleet.hire("worker-1")
    for process in (server, worker):
        process.wait()
    with Client(server.url, user="alice") as client:
        job_id = client.pull(upstream.MODEL)["job_id"]
        assert job_id is not None
        until(lambda: hub.ledger.bytes_sent(call="resolve") >= 32 * MIB)
        cluster.stop()
        for path in (f"/jobs/{job_id}", "/jobs", "/api/models", "/api/v1/downloads/history", "/api/stats"):
            _assert_told_to_come_back(server, path)
        assert httpx2.get(f"{server.url}/health/live").status_code == 200
        assert httpx2.get(f"{server.url}/health/ready").status_code == 503
        time.sleep(seconds)
        cluster.start()
        until(client.system.ready)
        assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"
        assert client.jobs.list(status="running")["count"] == 0
    assert worker.running
    upstream.assert_whole(fleet.store, commit, upstream.FILES)


def _assert_told_to_come_back(server: DepotProcess, path: str) -> None:
    answer = httpx2.get(f"{server.url}{path}", timeout=30)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["hint"]
    assert "psycopg" not in answer.text
