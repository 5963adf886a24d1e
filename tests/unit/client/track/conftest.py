"""A depot that takes down what it is sent, and a tracker in front of it."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from steelyard.client import ClientError
from steelyard.client.shapes import ReportAnswer
from steelyard.client.track import Tracker
from steelyard.testing.clock import HandClock


class FakeDepot:
    """A sender. ``fault`` is raised instead of taking anything; events of the model ``wrong`` are refused."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.fault: Exception | None = None
        self.tried = 0

    @property
    def events(self) -> list[dict[str, Any]]:
        """All that were taken, in order."""
        return [event for batch in self.batches for event in batch]

    def send(self, lines: Sequence[bytes]) -> ReportAnswer:
        self.tried += 1
        if self.fault is not None:
            raise self.fault
        self.batches.append([json.loads(line) for line in lines])
        wrong = [index for index, event in enumerate(self.batches[-1]) if event["model"] == "wrong"]
        rejected = [{"index": index, "detail": "No such model."} for index in wrong]
        return {"accepted": len(lines) - len(wrong), "duplicates": 0, "rejected": rejected}  # type: ignore[typeddict-item]

    def close(self) -> None:
        """Nothing to close."""


AWAY = ClientError("Nobody answers.")


@pytest.fixture
def depot() -> FakeDepot:
    return FakeDepot()


@pytest.fixture
def new_tracker(depot: FakeDepot, tmp_path: Path, clock: HandClock) -> Iterator[Callable[[], Tracker]]:
    """``new_tracker()``: another one with the same folder and depot, closed after the test."""
    made: list[Tracker] = []

    def make() -> Tracker:
        made.append(Tracker(folder=tmp_path / "track", clock=clock, sender=lambda: depot))
        return made[-1]

    yield make
    for tracker in made:
        tracker.close()


@pytest.fixture
def tracker(new_tracker: Callable[[], Tracker]) -> Tracker:
    return new_tracker()
