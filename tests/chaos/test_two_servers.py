"""Two servers of one depot: whichever is asked, the answer is that of the depot."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from steelyard.client import Client
from steelyard.testing.hub import HubThread, StandInHub
from steelyard.testing.hub.content import MIB
from steelyard.testing.postgres import PostgresCluster
from steelyard.testing.process import DepotProcess
from tests.chaos import upstream
from tests.chaos.fleet import Fleet, open_fleet
from tests.chaos.patience import until

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other
logger = logging.getLogger(__name__)  # --log-cli-level=INFO shows the figures
TOTAL = 3 * upstream.SIZE
Pair = tuple[DepotProcess, DepotProcess]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInHub]:
    """A hub for all tests here: each has a model of its own in it."""
    with HubThread(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture(scope="module")
def fleet(hub: StandInHub, postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two servers, and one worker in a process of its own."""
    with postgres.database() as url, open_fleet(hub, tmp_path_factory.mktemp("fleet"), url) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def pair(fleet: Fleet) -> Pair:
    """The two servers."""
    servers = fleet.serve("api-1"), fleet.serve("api-2")
    for process in (*servers, fleet.hire("worker-1")):
        process.wait()
    return servers


def test_a_job_is_seen_live_through_the_other_server(hub: StandInHub, fleet: Fleet, pair: Pair) -> None:
    model = "acme/seen"
    commit = upstream.fill(hub, model=model, seed=10)
    asked, other = pair
    with Client(asked.url, user="alice") as client, Client(other.url) as viewer:
        job_id = client.pull(model)["job_id"]
        assert job_id is not None
        seen = [(job["status"], job["downloaded_bytes"], _sent(hub, model)) for job in viewer.jobs.watch(job_id)]
    assert seen[-1][:2] == ("succeeded", TOTAL + 2)
    amounts = [downloaded for _, downloaded, _ in seen]
    assert amounts == sorted(amounts)
    live = [downloaded for status, downloaded, sent in seen if status == "running" and sent < TOTAL]
    logger.info("%d states seen, %d while the hub still sent", len(seen), len(live))
    assert len(set(live)) >= 4
    upstream.assert_whole(fleet.store, commit, upstream.files(10), model)


def test_a_broken_stream_goes_on_at_the_other_server(hub: StandInHub, pair: Pair) -> None:
    model = "acme/broken-stream"
    upstream.fill(hub, model=model, seed=20)
    asked, other = pair
    with Client(asked.url, user="alice") as client:
        job_id = client.pull(model)["job_id"]
    with httpx2.stream("GET", f"{asked.url}/jobs/{job_id}/events", timeout=30) as answer:
        heard, last = next(
            (version, state["downloaded_bytes"])
            for version, state in _events(answer)
            if state["downloaded_bytes"] > 16 * MIB
        )
    headers = {"Last-Event-ID": heard}
    with httpx2.stream("GET", f"{other.url}/jobs/{job_id}/events", timeout=30, headers=headers) as answer:
        told = list(_events(answer))
    amounts = [last] + [state["downloaded_bytes"] for _, state in told]
    assert amounts == sorted(amounts)
    assert [state["status"] for _, state in told] == ["running"] * (len(told) - 1) + ["succeeded"]
    versions = [heard] + [version for version, _ in told]
    assert all(versions)
    assert len(set(versions)) == len(versions)  # nothing is told twice, over both streams


def test_what_was_heard_to_the_end_is_not_told_again(hub: StandInHub, pair: Pair) -> None:
    model = "acme/heard"
    hub.add(model, {"config.json": b"{}"})
    asked, other = pair
    with Client(asked.url, user="alice") as client:
        job_id = client.pull(model)["job_id"]
    with httpx2.stream("GET", f"{asked.url}/jobs/{job_id}/events", timeout=30) as answer:
        *_, (heard, state) = _events(answer)
    assert state["status"] == "succeeded"
    headers = {"Last-Event-ID": heard}
    with httpx2.stream("GET", f"{other.url}/jobs/{job_id}/events", timeout=30, headers=headers) as answer:
        assert list(_events(answer)) == []


def test_a_cancel_through_one_server_stops_the_bytes_of_a_worker_elsewhere(
    hub: StandInHub, fleet: Fleet, pair: Pair
) -> None:
    model = "acme/cancelled"
    upstream.fill(hub, model=model, seed=30)
    asked, other = pair
    with Client(asked.url, user="alice") as client:
        job_id = client.pull(model)["job_id"]
    assert job_id is not None
    until(lambda: _sent(hub, model) >= 16 * MIB)
    with Client(other.url, user="alice") as client:
        assert client.jobs.cancel(job_id)["status"] == "cancelled"
    before = _sent(hub, model)
    until(lambda: all(one.ended for one in hub.ledger.requests(call="resolve", repo=model)))
    more = _sent(hub, model) - before
    logger.info("%.1f MiB came after the cancel", more / MIB)
    assert more <= 3 * upstream.PACE  # what three files bring in a second
    until(lambda: fleet.claims() == 0)
    assert (fleet.job(job_id).status, fleet.job(job_id).attempt) == ("cancelled", 1)
    asked_for = [one.file for one in hub.ledger.requests(call="resolve", repo=model, method="GET")]
    assert len(asked_for) == len(set(asked_for))


def _sent(hub: StandInHub, model: str) -> int:
    return hub.ledger.bytes_sent(call="resolve", repo=model)


def _events(answer: httpx2.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and state of each ``event: job``."""
    version, data = "", ""
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        version = value if name == "id" else version
        data = value if name == "data" else data
        if not line and data:
            yield version, json.loads(data)
            data = ""
