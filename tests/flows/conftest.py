"""A stand-in hub and a running house for each test, over either kind of database."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from tests.databases import MakeHome
from tests.flows.house import House, open_house
from tests.forgetting import forget


@pytest.fixture(autouse=True)
def home(make_home: MakeHome, tmp_path: Path) -> Iterator[Path]:
    """The depot's folder, ``home`` in ``tmp_path``: its settings file names the database, where that is PostgreSQL."""
    with make_home(tmp_path / "home") as home:
        yield home
    forget()


@pytest.fixture
async def hub() -> AsyncIterator[StandInHub]:
    """An upstream hub with nothing on it yet."""
    async with StandInHub() as hub:
        yield hub


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    """A depot that runs in front of the hub."""
    async with open_house(hub, home) as house:
        yield house
