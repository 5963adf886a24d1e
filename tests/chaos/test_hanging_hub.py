"""A hub that does not answer what it is asked about a model holds no server up that shall end."""

import signal
from pathlib import Path

import pytest

from steelyard.client import Client
from steelyard.testing.hub import StandInHub
from steelyard.testing.process import DepotProcess
from tests.chaos.patience import until

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other

MODEL = "acme/hangs"
TREE = f"api:{MODEL}/tree"
SIGNS = [signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("fault", ["hangs", "asks-for-a-pause"])
def test_the_server_ends_in_time(hub: StandInHub, tmp_path: Path, fault: str, sign: signal.Signals) -> None:
    hub.add(MODEL, {"config.json": b"{}"})
    if fault == "hangs":
        hub.faults.delay(TREE, 60, times=None)
    else:
        hub.faults.status(TREE, 429, times=None, headers={"Retry-After": "40"})
    with DepotProcess(tmp_path / "home", hub.url) as depot, Client(depot.url, user="alice") as client:
        job_id = client.pull(MODEL)["job_id"]
        assert job_id is not None
        until(lambda: bool(hub.ledger.requests(call="tree")))
        assert depot.stop(sign) in {0, -sign, 128 + sign}  # raises when it takes longer than the promised 10 s
    hub.faults.clear()
    with DepotProcess(tmp_path / "home", hub.url) as depot, Client(depot.url) as client:
        assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"
