"""SIGSTOP of the worker that has the job, SIGCONT when another has it: the woken one writes nothing any more."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from steelyard.client import Client
from steelyard.testing.hub import Blob, Content, StandInHub
from steelyard.testing.hub.content import MIB
from steelyard.testing.process import WorkerProcess
from tests.chaos import upstream
from tests.chaos.fleet import Fleet
from tests.chaos.patience import until

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other
logger = logging.getLogger(__name__)  # --log-cli-level=INFO shows the figures
FROZEN = 10.0  # seconds
PACE = 5_000_000  # a file: slow enough that the job still runs after ten seconds of frost
SMALL: dict[str, Content] = {"config.json": b"{}", "model.safetensors": Blob(1000, seed=9)}
CHATTER = 128 * 1024  # bytes of log, of small requests and of a small model; a single batch of weights has 512 KiB


@pytest.mark.parametrize("woken", ["while another works", pytest.param("after the end", marks=pytest.mark.slow)])
def test_a_woken_worker_writes_nothing(hub: StandInHub, fleet: Fleet, woken: str) -> None:
    commit = upstream.fill(hub, PACE)
    server = fleet.serve("api-1")
    for process in (server, fleet.hire("worker-1"), fleet.hire("worker-2")):
        process.wait()
    with Client(server.url, user="alice") as client:
        job_id = client.pull(upstream.MODEL)["job_id"]
        assert job_id is not None
        until(lambda: hub.ledger.bytes_sent(call="resolve") >= 24 * MIB)
        frozen = _freeze_owner(fleet, job_id)
        if woken == "after the end":
            hub.faults.clear()
            assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"
        else:
            assert fleet.job(job_id).status == "running"
        before, written = _published(fleet.store), _written(frozen)
        frozen.thaw()
        assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"
        assert client.jobs.get(job_id)["attempt"] == 2
        _assert_of_use_again(hub, fleet, client, frozen)
        more = _written(frozen) - written
    logger.info("woken %s: %d bytes written by the woken worker, log and a small model included", woken, more)
    assert more < CHATTER
    assert {path: _published(fleet.store)[path] for path in before} == before
    upstream.assert_whole(fleet.store, commit, upstream.FILES)


@dataclass(frozen=True)
class Print:
    """What changes when anybody writes a file or puts another in its place."""

    inode: int
    size: int
    written_at: int


def _freeze_owner(fleet: Fleet, job_id: str) -> WorkerProcess:
    """Freeze the worker that has the job for ten seconds, in which another takes it over and gets on with it."""
    frozen = fleet.owner(job_id)
    frozen.freeze()
    until_ten = time.monotonic() + FROZEN
    until(lambda: fleet.job(job_id).attempt == 2)
    assert fleet.owner(job_id) is not frozen
    taken = fleet.job(job_id).downloaded_bytes
    until(lambda: fleet.job(job_id).downloaded_bytes > taken or fleet.job(job_id).status == "succeeded")
    until(lambda: time.monotonic() >= until_ten)
    return frozen


def _assert_of_use_again(hub: StandInHub, fleet: Fleet, client: Client, woken: WorkerProcess) -> None:
    """Alone, the woken worker does the next job: it has let go of the old one and is none the worse for it."""
    for worker in fleet.workers:
        if worker is not woken:
            worker.stop()
    hub.add("acme/next", SMALL)
    job_id = client.pull("acme/next")["job_id"]
    assert job_id is not None
    assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"


def _published(store: Path) -> dict[Path, Print]:
    """The blobs that readers see."""
    found = {path: path.stat() for path in store.glob("hub/*/blobs/*")}
    return {path: Print(state.st_ino, state.st_size, state.st_mtime_ns) for path, state in found.items()}


def _written(worker: WorkerProcess) -> int:
    """Bytes that the process has handed to write calls in its life (proc(5), ``wchar``)."""
    lines = Path(f"/proc/{worker.pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])
