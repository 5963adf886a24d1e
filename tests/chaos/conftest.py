"""A hub and a fleet for the kill tests; every test here starts and ends real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.testing.hub import HubThread, StandInHub
from steelyard.testing.postgres import PostgresCluster
from tests.chaos.fleet import Fleet, open_fleet


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[StandInHub]:
    """A hub in a thread of its own."""
    with HubThread(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture
def fleet(hub: StandInHub, tmp_path: Path, postgres: PostgresCluster) -> Iterator[Fleet]:
    """Two servers' and two workers' worth of room: a database with the present schema, and nothing that runs."""
    with postgres.database() as url, open_fleet(hub, tmp_path, url) as fleet:
        yield fleet
