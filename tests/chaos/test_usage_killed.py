"""kill -9 under mixed traffic: every request whose answer was read to its end is in the events, exactly once."""

import asyncio
import json
import logging
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from steelyard.client import Client
from steelyard.testing.hub import StandInHub
from steelyard.testing.process import DepotProcess
from steelyard.usage.tables import events, hot, totals
from tests.chaos.patience import until
from tests.chaos.recorded import found, usage_log
from tests.chaos.traffic import FILE, SHELF, Traffic, remote_engine
from tests.databases import MakeHome

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]
CONNECTIONS = 24
WITHIN = {2: (0.3, 1.2), 20: (0.5, 4.0)}  # seconds until a kill, by how many there are
logger = logging.getLogger(__name__)  # --log-cli-level=INFO shows the figures


@pytest.fixture
def home(make_home: MakeHome, tmp_path: Path) -> Iterator[Path]:
    """A depot's own folder, with records of either kind."""
    with make_home(tmp_path / "home") as home:
        yield home


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
async def test_every_completed_answer_is_in_the_events_once(hub: StandInHub, home: Path, kills: int) -> None:
    hub.add(SHELF, {FILE: b"{}", "model.safetensors": b"x" * 5000})
    traffic, moments = Traffic(CONNECTIONS), random.Random(kills)  # noqa: S311 - a seed, to play a failure again
    async with remote_engine() as engine:
        more = {"STEELYARD_ENGINES__REMOTES": json.dumps([{"url": engine}])}
        await asyncio.to_thread(_shelve, home, hub.url, more)
        for _ in range(kills):
            await _run_and_kill(DepotProcess(home, hub.url, more=more), traffic, moments.uniform(*WITHIN[kills]))
        await asyncio.to_thread(_finish, home, hub.url, more)
    _assert_once(home, traffic)


async def _run_and_kill(depot: DepotProcess, traffic: Traffic, seconds: float) -> None:
    await asyncio.to_thread(depot.wait)
    before, start = len(traffic.completed), time.monotonic()
    async with traffic.against(depot.url):
        await asyncio.sleep(seconds)
        depot.kill()
        passed = time.monotonic() - start
    logger.info("%.0f req/s for %.1f s, then a kill", (len(traffic.completed) - before) / passed, passed)


def _shelve(home: Path, hub: str, more: dict[str, str]) -> None:
    with DepotProcess(home, hub, more=more) as depot, Client(depot.url, user="alice") as client:
        job_id = client.pull(SHELF)["job_id"]
        assert job_id is not None
        assert [job["status"] for job in client.jobs.watch(job_id)][-1] == "succeeded"


def _finish(home: Path, hub: str, more: dict[str, str]) -> None:
    """Let a last process write what the dead ones left, count it, and stop as servers stop."""
    with DepotProcess(home, hub, more=more) as depot, Client(depot.url) as client:
        until(lambda: client.system.health()["events"]["spooled"] == 0)
        until(lambda: _is_folded(home))


def _assert_once(home: Path, traffic: Traffic) -> None:
    with usage_log(home) as connection:
        seen = found(connection)
        counted, rows = _counted(connection), connection.execute(select(events.c.id)).all()
    missing = traffic.completed - seen.keys()
    doubled = {name: times for name, times in seen.items() if times > 1}
    logger.info("%d asked, %d completed, %d found", traffic.asked, len(traffic.completed), len(seen))
    assert not missing, sorted(missing)[:10]
    assert not doubled, doubled
    assert len(traffic.completed) > 100
    assert {min(seen) for seen in traffic.statuses.values()} <= {200, 307, 404}
    assert counted == len(rows)


def _counted(connection: Connection) -> int:
    """All events, as the folds counted them, each in the transaction that moved it."""
    return int(connection.execute(select(func.sum(totals.c.events))).scalar_one())


def _is_folded(home: Path) -> bool:
    with usage_log(home) as connection:
        return connection.execute(select(hot.c.id).limit(1)).first() is None
