"""A database that takes no events for a while, and answers that do not wait for it."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from steelyard.client import Client
from steelyard.testing.hub import StandInHub
from steelyard.testing.process import DepotProcess
from tests.chaos.patience import until
from tests.chaos.recorded import found, held_up, usage_log
from tests.databases import MakeHome

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]
ANSWERS = 30


@pytest.fixture
def home(make_home: MakeHome, tmp_path: Path) -> Iterator[Path]:
    """A depot's own folder, with records of either kind."""
    with make_home(tmp_path / "home") as home:
        yield home


def test_answers_leave_while_no_event_can_be_written(hub: StandInHub, home: Path) -> None:
    with DepotProcess(home, hub.url) as depot, Client(depot.url) as client:
        _ask(depot.url, "before", 1)
        with held_up(home):
            _ask(depot.url, "meanwhile", ANSWERS)  # to their ends, while the lock is held
            assert client.system.health()["events"]["spooled"] > 0
        until(lambda: client.system.health()["events"]["spooled"] == 0)
        _ask(depot.url, "after", 1)
        assert client.system.health()["events"]["dropped"] == 0
    with usage_log(home) as connection:
        seen = found(connection)
    assert set(seen.values()) == {1}
    assert len(seen) == ANSWERS + 2


def test_what_was_never_written_is_written_by_the_next_process(hub: StandInHub, home: Path) -> None:
    with DepotProcess(home, hub.url) as depot:
        _ask(depot.url, "before", 1)
        with held_up(home):
            _ask(depot.url, "meanwhile", ANSWERS)
            depot.kill()
    with DepotProcess(home, hub.url) as depot, Client(depot.url) as client:
        until(lambda: client.system.health()["events"]["spooled"] == 0)
    with usage_log(home) as connection:
        seen = found(connection)
    assert (len(seen), set(seen.values())) == (ANSWERS + 1, {1})


def _ask(url: str, name: str, times: int) -> None:
    with httpx2.Client(base_url=url, timeout=30) as client:
        for number in range(times):
            headers = {"User-Agent": f"traffic/{name}-{number}", "X-Steelyard-User": "alice"}
            assert client.get("/jobs", headers=headers).status_code == 200
