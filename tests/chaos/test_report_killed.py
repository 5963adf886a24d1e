"""kill -9 while services report: whoever got no answer sends again, and every event is there exactly once."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from steelyard.testing.process import DepotProcess
from tests.chaos.patience import until
from tests.databases import MakeHome

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other
NOWHERE = "http://127.0.0.1:9"
BATCH = 3_000  # more than one transaction
MODEL = "t2v-A14B"


@pytest.fixture
def home(make_home: MakeHome, tmp_path: Path) -> Iterator[Path]:
    """The depot's folder, on either kind of database."""
    with make_home(tmp_path / "home") as home:
        yield home


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(300)])])
def test_killed_while_services_report(home: Path, kills: int) -> None:
    batches = [_batch(number) for number in range(3 * (kills + 1))]
    answered: set[int] = set()
    for turn in range(kills):
        with DepotProcess(home, NOWHERE) as depot:
            sender = threading.Thread(target=_send, args=(depot.url, batches, answered))
            sender.start()
            until(lambda wanted=2 * turn + 1: len(answered) >= wanted)  # type: ignore[misc]
            depot.kill()
            sender.join()
    with DepotProcess(home, NOWHERE) as depot:
        before = sum(each["accepted"] + each["duplicates"] for each in map(_report(depot.url), batches))
        assert before == len(batches) * BATCH
        assert _there(depot.url) == len(batches) * BATCH
        # Of so many that came at once statistics know when the fold is through with them.
        until(lambda: _uses(depot.url) >= len(batches) * BATCH)
        assert _uses(depot.url) == len(batches) * BATCH


def _uses(url: str) -> int:
    uses: int = httpx2.get(f"{url}/api/v1/models/{MODEL}/stats", timeout=30).json()["uses"]
    return uses


def _batch(number: int) -> bytes:
    at = datetime.now(UTC).isoformat()
    event = {"type": "generation_completed", "model": MODEL, "timestamp": at}
    return json.dumps({"events": [{**event, "id": f"{number}-{place}"} for place in range(BATCH)]}).encode()


def _report(url: str) -> Any:
    def report(batch: bytes) -> dict[str, Any]:
        answer = httpx2.post(f"{url}/api/v1/events", content=batch, headers=_JSON, timeout=30)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    return report


_JSON = {"Content-Type": "application/json"}


def _send(url: str, batches: list[bytes], answered: set[int]) -> None:
    """One after the other, as long as there is a depot."""
    with suppress(httpx2.HTTPError):
        for number, batch in enumerate(batches):
            if number not in answered:
                assert _report(url)(batch)["accepted"] >= 0
                answered.add(number)


def _there(url: str) -> int:
    answer = httpx2.get(f"{url}/api/v1/events", params={"model": MODEL, "limit": 1}, timeout=30)
    return int(answer.json()["count"])
