"""A hub for the kill tests; every test here starts and ends real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.testing.hub import HubThread, StandInHub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[StandInHub]:
    """A hub in a thread of its own."""
    with HubThread(tmp_path / "hub") as hub:
        yield hub
