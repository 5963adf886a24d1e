"""A filled depot is what a used one would be: shelf, requests, events, and numbers that agree."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from steelyard.app import Depot, build
from steelyard.catalog.models import ModelStatus
from steelyard.catalog.tables import entries
from steelyard.demo.filling import Filled, fill
from steelyard.demo.models import MODELS
from steelyard.demo.people import PEOPLE
from steelyard.demo.show import settings_of
from steelyard.downloads.tables import requests
from steelyard.testing.clock import HandClock
from steelyard.usage.tables import events, hot

HELD = [model.name for model in MODELS if not model.is_external]


@pytest.fixture
def depot(tmp_path: Path) -> Depot:
    return build(settings_of(tmp_path, 0), clock=HandClock(datetime(2026, 11, 20, 15, 30, tzinfo=UTC)))


async def test_a_few_days_are_made_up(depot: Depot, tmp_path: Path) -> None:
    filled = await fill(depot, days=3, seed=1)
    assert filled == Filled(days=3, models=len(HELD), people=len(PEOPLE), events=filled.events)
    again = build(settings_of(tmp_path, 0))
    try:
        shelf = await again.database.read(
            lambda connection: connection.execute(select(entries).order_by(entries.c.repo)).all()
        )
        asked = await again.database.read(
            lambda connection: connection.execute(select(requests.c.status, requests.c.entry)).all()
        )
        logged, waiting = await again.usage_log.read(
            lambda connection: [
                connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (events, hot)
            ]
        )
    finally:
        await again.foundation.close()
    assert [row.repo for row in shelf] == sorted(HELD)
    assert {row.status for row in shelf} == {ModelStatus.READY.value}
    assert all(row.first_downloaded_by and row.download_count and row.size_bytes for row in shelf)
    assert {row.status for row in asked} == {"completed"}
    assert sum(row.download_count for row in shelf) == len(asked) > len(HELD)
    assert (logged, waiting) == (filled.events, 0)


def test_what_is_made_up_says_so_and_never_touches_a_real_database(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, 8421)
    assert settings.demo
    assert settings.database_path == (tmp_path / "steelyard.db").resolve()
    assert settings.server.is_open
