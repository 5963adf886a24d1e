"""kill -9 in the middle of a download: the depot goes on by itself, and almost nothing is fetched twice."""

import logging
import random
import time
from functools import partial
from pathlib import Path

import pytest

from steelyard.client import Client
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.content import MIB
from steelyard.testing.process import DepotProcess
from tests.chaos import upstream
from tests.chaos.patience import until

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other
PACE = 8_000_000  # bytes a second and file: a depot that stands still for 0.2 s leaves 2 MB in the kernel's buffers
logger = logging.getLogger(__name__)  # --log-cli-level=INFO shows the figures


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(300)])])
def test_killed_again_and_again(hub: StandInHub, tmp_path: Path, kills: int) -> None:
    commit = upstream.fill(hub, PACE)
    job_id = _start(hub, tmp_path)
    for point in _points(kills, seed=kills):
        with DepotProcess(tmp_path / "home", hub.url) as depot:
            until(partial(_has_sent, hub, point))
            depot.kill()
    _finish(hub, tmp_path, job_id, commit)
    for name in upstream.FILES:
        again = upstream.refetched(hub, name, upstream.SIZE)
        logger.info("%s: %d kills, %s", name, kills + 1, again)
        assert again.worst <= upstream.ALLOWED
        assert again.total <= upstream.ALLOWED * (kills + 1)


@pytest.mark.parametrize("seed", [1])
def test_killed_while_it_starts(hub: StandInHub, tmp_path: Path, seed: int) -> None:
    commit = upstream.fill(hub)
    job_id = _start(hub, tmp_path)
    moments = random.Random(seed)  # noqa: S311 - a seed, so that a failure can be played again
    for _ in range(3):
        starting = DepotProcess(tmp_path / "home", hub.url)
        time.sleep(moments.uniform(0.1, 2.0))
        starting.kill()
    _finish(hub, tmp_path, job_id, commit)
    assert max(upstream.refetched(hub, name, upstream.SIZE).worst for name in upstream.FILES) <= upstream.ALLOWED


def _start(hub: StandInHub, folder: Path) -> str:
    """Ask once, wait for the first bytes, and kill: nobody asks again after that."""
    with DepotProcess(folder / "home", hub.url) as depot, Client(depot.url, user="alice") as client:
        job_id = client.pull(upstream.MODEL)["job_id"]
        until(partial(_has_sent, hub, MIB))
        depot.kill()
    assert job_id is not None
    return job_id


def _finish(hub: StandInHub, folder: Path, job_id: str, commit: str) -> None:
    with DepotProcess(folder / "home", hub.url) as depot, Client(depot.url) as client:
        assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"
        assert client.jobs.list(status="running")["count"] == 0
        assert client.jobs.list()["count"] == 1
        assert client.models.exists(upstream.MODEL)["exists"]
    upstream.assert_whole(folder / "home" / "store", commit, upstream.FILES)
    assert not list((folder / "home" / "store" / ".steelyard" / "parts").iterdir())


def _points(kills: int, seed: int) -> list[int]:
    """When to kill, by bytes sent: anywhere between the first byte and the last."""
    chance = random.Random(seed)  # noqa: S311 - a seed, so that a failure can be played again
    return sorted(chance.randrange(MIB, 3 * upstream.SIZE - 8 * MIB) for _ in range(kills))


def _has_sent(hub: StandInHub, size: int) -> bool:
    return hub.ledger.bytes_sent(call="resolve") >= size
