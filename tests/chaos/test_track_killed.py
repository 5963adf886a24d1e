"""kill -9 of the depot while programs report: each event is counted once, none is lost."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from steelyard.client import Client
from steelyard.client.shapes import ReportAnswer
from steelyard.client.track import Tracker
from steelyard.testing.hub import StandInHub
from steelyard.testing.process import DepotProcess

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]
MODEL = "my-own"
ROUND = 400


class Following:
    """A sender that finds the depot where it runs now: each start has another port."""

    def __init__(self) -> None:
        self.url = "http://127.0.0.1:9"

    def send(self, lines: Sequence[bytes]) -> ReportAnswer:
        with Client(self.url, user="alice") as client:
            return client.events.report_lines(b"\n".join(lines))

    def close(self) -> None:
        """Nothing is kept open."""


def test_every_event_is_counted_once(hub: StandInHub, tmp_path: Path) -> None:
    sender = Following()
    tracker = Tracker(folder=tmp_path / "track", sender=lambda: sender)
    for _ in range(2):
        with DepotProcess(tmp_path / "home", hub.url) as depot:
            sender.url = depot.url
            for _ in range(ROUND):
                tracker.record("generation_completed", MODEL, {})
            tracker.flush(0.05)  # it is in the middle of it now, or has just answered
            depot.kill()
        for _ in range(ROUND):
            tracker.record("generation_completed", MODEL, {})
    with DepotProcess(tmp_path / "home", hub.url) as depot, Client(depot.url, user="alice") as client:
        sender.url = depot.url
        assert tracker.flush(60.0)
        tracker.close()
        assert tracker.tally.delivered == tracker.tally.tracked == 4 * ROUND
        assert client.statistics.model(MODEL)["uses"] == 4 * ROUND
        assert client.events.list(model=MODEL, type="generation_completed")["count"] == 4 * ROUND
