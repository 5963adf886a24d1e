"""kill -9 of the worker that has the job: another takes it over, and almost nothing is fetched twice."""

import logging
import random
import time
from functools import partial

import pytest

from steelyard.client import Client
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.content import MIB
from tests.chaos import upstream
from tests.chaos.fleet import Fleet
from tests.chaos.patience import until

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other
logger = logging.getLogger(__name__)  # --log-cli-level=INFO shows the figures
KILLS = 2
PROMISED = 10.0  # seconds until somebody else has the job


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 7))])
def test_the_job_of_a_killed_worker_goes_on(
    request: pytest.FixtureRequest, hub: StandInHub, fleet: Fleet, seed: int
) -> None:
    commit = upstream.fill(hub)
    asked, other = fleet.serve("api-1"), fleet.serve("api-2")
    # The third stands in for the first one that dies, so that there are two each time.
    for process in (asked, other, *(fleet.hire(f"worker-{number}") for number in range(1, KILLS + 2))):
        process.wait()
    with Client(asked.url, user="alice") as client:
        job_id = client.pull(upstream.MODEL)["job_id"]
    assert job_id is not None
    waits = []
    for point in _points(seed):
        until(partial(_has_sent, hub, point))
        waits.append(_kill_owner(fleet, job_id))
    with Client(other.url) as client:
        assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"
        assert client.jobs.list(status="running")["count"] == 0
        assert client.jobs.list()["count"] == 1
        assert client.jobs.get(job_id)["attempt"] == KILLS + 1
        assert client.models.exists(upstream.MODEL)["exists"]
    upstream.assert_whole(fleet.store, commit, upstream.FILES)
    assert fleet.claims() == 0
    assert not list((fleet.store / ".steelyard" / "parts").iterdir())
    logger.info("taken over after %s s", ", ".join(f"{wait:.1f}" for wait in waits))
    _assert_little_was_fetched_twice(hub)
    if request.node.get_closest_marker("slow"):  # the long form may be trusted to have the machine for itself
        assert max(waits) <= PROMISED


def _kill_owner(fleet: Fleet, job_id: str) -> float:
    """Kill the worker that has the job; seconds until another one had it."""
    before, owner = fleet.job(job_id), fleet.owner(job_id)
    owner.kill()
    killed = time.monotonic()
    until(lambda: fleet.job(job_id).attempt > before.attempt)
    wait = time.monotonic() - killed
    after = fleet.job(job_id)
    assert (after.status, after.attempt) == ("running", before.attempt + 1)
    assert fleet.owner(job_id) is not owner
    return wait


def _assert_little_was_fetched_twice(hub: StandInHub) -> None:
    for name in upstream.FILES:
        again = upstream.refetched(hub, name, upstream.SIZE)
        logger.info("%s: %d kills, %s", name, KILLS, again)
        assert again.worst <= upstream.ALLOWED
        assert again.total <= upstream.ALLOWED * KILLS


def _points(seed: int) -> list[int]:
    """When to kill, by bytes sent: anywhere between the first byte and nearly the last."""
    chance = random.Random(seed)  # noqa: S311 - a seed, so that a failure can be played again
    return sorted(chance.randrange(MIB, 3 * upstream.SIZE - 32 * MIB) for _ in range(KILLS))


def _has_sent(hub: StandInHub, size: int) -> bool:
    return hub.ledger.bytes_sent(call="resolve") >= size
