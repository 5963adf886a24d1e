"""SIGTERM in the middle of a download, and a second server on the same home."""

import logging
import signal
import sqlite3
import threading
from pathlib import Path

import httpx2
import pytest

from steelyard.client import Client
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.content import MIB
from steelyard.testing.process import DepotFailed, DepotProcess
from tests.chaos import upstream
from tests.chaos.patience import until

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other
logger = logging.getLogger(__name__)  # --log-cli-level=INFO shows the figures


@pytest.mark.parametrize("sign", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_stopped_in_the_middle(hub: StandInHub, tmp_path: Path, sign: signal.Signals) -> None:
    commit = upstream.fill(hub)
    home = tmp_path / "home"
    with DepotProcess(home, hub.url) as depot, Client(depot.url, user="alice") as client:
        job_id = client.pull(upstream.MODEL)["job_id"]
        assert job_id is not None
        stream = _Stream(depot.url, job_id)
        until(lambda: stream.events > 1 and hub.ledger.bytes_sent(call="resolve") > 48 * MIB)
        depot.stop(sign)  # raises when it takes longer than the 10 s that are promised
    stream.join()
    _assert_checkpointed(home, job_id)
    with DepotProcess(home, hub.url) as depot, Client(depot.url) as client:
        assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"
        assert client.jobs.list(status="running")["count"] == 0
    upstream.assert_whole(home / "store", commit, upstream.FILES)
    for name in upstream.FILES:
        again = upstream.refetched(hub, name, upstream.SIZE)
        logger.info("%s: stopped once, %s", name, again)
        assert again.total <= upstream.ALLOWED


def test_a_second_server_on_the_same_home_is_refused(hub: StandInHub, tmp_path: Path) -> None:
    with DepotProcess(tmp_path / "home", hub.url) as depot, Client(depot.url) as client:
        with pytest.raises(DepotFailed, match=r"already uses steelyard\.db") as refusal, _second(tmp_path, hub):
            pass
        assert "ended with 1 " in str(refusal.value)
        assert "--home" in str(refusal.value)
        assert client.system.ready()


def _second(folder: Path, hub: StandInHub) -> DepotProcess:
    return DepotProcess(folder / "home", hub.url)


class _Stream(threading.Thread):
    """Holds a stream of events open until the server ends it."""

    def __init__(self, url: str, job_id: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._job_id = job_id
        self.events = 0
        self.start()

    def run(self) -> None:
        """Count events; the end of the stream is the end of the thread."""
        with httpx2.stream("GET", f"{self._url}/jobs/{self._job_id}/events", timeout=30) as answer:
            for line in answer.iter_lines():
                self.events += line.startswith("data:")


def _assert_checkpointed(home: Path, job_id: str) -> None:
    """In the file itself: the job waits for whoever comes next, nobody holds a lease, and it knows how far it is."""
    with sqlite3.connect(f"file:{home / 'steelyard.db'}?mode=ro", uri=True) as database:
        wanted = "SELECT status, lease_owner, failures, downloaded_bytes FROM jobs WHERE id = ?"
        status, owner, failures, downloaded = database.execute(wanted, (job_id,)).fetchone()
    assert (status, owner, failures) == ("queued", None, 0)
    assert downloaded > 40 * MIB
