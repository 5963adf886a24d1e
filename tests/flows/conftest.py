"""A stand-in hub and a running house for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.house import House, open_house


@pytest.fixture
async def hub() -> AsyncIterator[StandInHub]:
    """An upstream hub with nothing on it yet."""
    async with StandInHub() as hub:
        yield hub


@pytest.fixture
async def house(hub: StandInHub, tmp_path: Path) -> AsyncIterator[House]:
    """A depot that runs in front of the hub."""
    async with open_house(hub, tmp_path / "home") as house:
        yield house
