"""A hub and a raw client for the tests of the stand-in hub."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from steelyard.testing.hub import StandInHub


@pytest.fixture
async def hub() -> AsyncIterator[StandInHub]:
    """A hub with temporary bytes."""
    async with StandInHub() as hub:
        yield hub


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that neither follows nor repairs anything by itself."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session
