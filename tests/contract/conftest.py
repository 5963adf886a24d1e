"""One running house for all contract tests of a module: they ask, and change next to nothing."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from steelyard.testing.hub import Blob, StandInHub
from tests.databases import MakeHome
from tests.flows.house import House, open_house, serve_house

SMALL = {"config.json": b'{"model_type": "bert"}', "README.md": b"# Small\n"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub() -> AsyncIterator[StandInHub]:
    """A hub with ``org/small`` and ``org/large``."""
    async with StandInHub() as hub:
        hub.add("org/small", SMALL)
        hub.add("org/large", {"model.safetensors": Blob(400_000, 1)})
        yield hub


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(hub: StandInHub, make_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A depot with ``org/small`` on its shelf, asked in this process."""
    with make_home(tmp_path_factory.mktemp("house")) as home:
        async with open_house(hub, home) as house:
            await house.bring("org/small", "alice")
            yield house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(
    hub: StandInHub, make_home: MakeHome, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """The same behind real sockets."""
    with make_home(tmp_path_factory.mktemp("served")) as home:
        async with serve_house(hub, home) as house:
            await house.bring("org/small", "alice")
            yield house
