"""Kills between two commits that belong together: nothing is stuck, nothing is done twice."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from steelyard.app import Depot, build, running
from steelyard.client import Client
from steelyard.core.ref import parse
from steelyard.downloads.models import Ask
from steelyard.jobs.models import Job
from steelyard.jobs.queue import EmbeddedQueue
from steelyard.jobs.service import JOB_TOPIC
from steelyard.settings import load
from steelyard.testing.hub import Blob, StandInHub
from steelyard.testing.hub.content import MIB
from steelyard.testing.process import DepotProcess
from tests.chaos import upstream

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other

MODEL = "acme/small"
FILES = {"model.safetensors": Blob(4 * MIB, seed=7)}
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "step",
    [
        "dispatch",
        "publish_part",
        pytest.param("show", marks=pytest.mark.slow),
        pytest.param("sync_folders", marks=pytest.mark.slow),
        "write_ref",
    ],
)
def test_killed_between_two_commits(hub: StandInHub, tmp_path: Path, step: str) -> None:
    commit = hub.add(MODEL, FILES)
    _run_doomed(step, tmp_path / "home", hub.url)
    with DepotProcess(tmp_path / "home", hub.url) as depot, Client(depot.url) as client:
        (job,) = client.jobs.list()["jobs"]
        assert [state["status"] for state in client.jobs.watch(job["id"])][-1] == "succeeded"
        (request,) = client.downloads.history()["requests"]
        assert request["status"] == "completed"
        assert client.jobs.list(status="running")["count"] == 0
    assert upstream.sent_once(hub) == {"model.safetensors": 1}
    upstream.assert_whole(tmp_path / "home" / "store", commit, FILES, MODEL)


class StutteringQueue(EmbeddedQueue):
    """Hands out every job twice, as a queue that delivers at least once may."""

    def __init__(self) -> None:
        super().__init__()
        self._again: list[str] = []
        self.handed_out = 0
        self.twice = asyncio.Event()

    async def take(self) -> str:
        """The job just given, or the next one."""
        job_id = self._again.pop() if self._again else await self._first()
        self.handed_out += 1
        if self.handed_out == 2:
            self.twice.set()
        return job_id

    async def _first(self) -> str:
        job_id = await super().take()
        self._again.append(job_id)
        return job_id


async def test_dispatched_twice_and_run_once(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add(MODEL, FILES)
    queue = StutteringQueue()
    async with _depot(tmp_path / "home", hub.url, queue) as depot:
        caller = await depot.society.people.caller({"type": "http", "client": ("127.0.0.1", 1), "headers": []}, "alice")
        answer = await depot.downloads.ask(Ask(parse(MODEL), caller))
        await asyncio.wait_for(queue.twice.wait(), 30)  # a worker that is quick has ended the job by then
        job = await _ended(depot, answer.job_id or "")
    assert (job.status, job.attempt, queue.handed_out) == ("succeeded", 1, 2)
    assert upstream.sent_once(hub) == {"model.safetensors": 1}
    upstream.assert_whole(tmp_path / "home" / "store", commit, FILES, MODEL)


@asynccontextmanager
async def _depot(home: Path, hub: str, queue: EmbeddedQueue) -> AsyncIterator[Depot]:
    depot = build(load({"HF_ENDPOINT": hub}, {"home": home}).settings, queue=queue)
    async with running(depot):
        yield depot


async def _ended(depot: Depot, job_id: str) -> Job:
    with depot.signals.listen(JOB_TOPIC) as listener:
        while (job := await depot.jobs.get(job_id)).is_live:
            await listener.wait(1.0)
    return job


def _run_doomed(step: str, home: Path, hub: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.chaos.doomed", step, str(home), hub, MODEL],
        cwd=ROOT, timeout=60, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr
