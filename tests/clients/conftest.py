"""Real clients before a real depot. One hub and one depot do for all tests that name their own models."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from steelyard.testing.hub import HubThread, StandInHub
from tests.clients.place import DIRECT, Place, start
from tests.clients.programs import HUBS, Client, find_client


@pytest.fixture(autouse=True)
def tidy(tmp_path: Path) -> Iterator[None]:
    """Seats and stores of one test: together they would be gigabytes."""
    yield
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="session")
def shared_hub() -> Iterator[StandInHub]:
    """The hub behind the shared depot. It announces Xet, so every test shows that no client follows that."""
    with HubThread() as hub:
        hub.announce_xet = not DIRECT
        hub.page_size = 100
        yield hub


@pytest.fixture(scope="session")
def place(shared_hub: StandInHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The shared depot."""
    with start(shared_hub, tmp_path_factory.mktemp("depot") / "home") as depot:
        yield Place(shared_hub, depot, depot.url)
        assert shared_hub.xet_hits == 0


@pytest.fixture
def upstream() -> Iterator[ExitStack]:
    """What closes the hub of one test."""
    with ExitStack() as upstream:
        yield upstream


@pytest.fixture
def hub(upstream: ExitStack) -> StandInHub:
    """A hub of one test, which may do harm to it."""
    hub = upstream.enter_context(HubThread())
    hub.announce_xet = not DIRECT
    return hub


@pytest.fixture(params=HUBS)
def client(request: pytest.FixtureRequest, place: Place, tmp_path: Path) -> Client:
    """Every huggingface_hub in turn, at the shared depot."""
    return find_client(request.param, tmp_path, place.endpoint)


@pytest.fixture
def newest(place: Place, tmp_path: Path) -> Client:
    """The newest huggingface_hub, at the shared depot."""
    return find_client("hf2", tmp_path, place.endpoint)


@pytest.fixture
def depot_only() -> None:
    """What is not to be asked of a hub."""
    if DIRECT:
        pytest.skip("this is about the depot")
