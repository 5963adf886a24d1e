"""Names of hubs, when nobody says what they mean."""

import asyncio
import socket
import threading

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from steelyard.core.clock import SystemClock
from steelyard.core.digest import Digest
from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.errors import UpstreamUnavailable
from steelyard.sources.guard.guard import Guard
from steelyard.sources.http import RangeClient
from steelyard.sources.huggingface.session import Lookup
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.huggingface.source import HuggingFaceSource
from steelyard.sources.lookups import is_address
from steelyard.sources.pauses import HostPauses
from steelyard.sources.protocol import RemoteFile
from steelyard.testing.source_suite import REPOSITORY
from tests.unit.sources.elsewhere import Elsewhere

HUB = "http://hub.example"
FILE = RemoteFile("a", 5, Digest("git", "0" * 40))


class Silent(AbstractResolver):
    """Knows nobody, and never says so."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        await asyncio.Event().wait()
        return []

    async def close(self) -> None:
        """Nothing to close."""


def source_of(endpoint: str, lookup: Lookup, guard: Guard | None = None) -> HuggingFaceSource:
    """A source whose names are looked up like this, with a little patience."""
    clock = SystemClock()
    pauses, settings = HostPauses(clock), HuggingFaceSettings(endpoint=endpoint, connect_seconds=0.05)
    guard = guard or Guard([endpoint], (), lambda _url: None)
    client = RangeClient(guard, pauses, Bandwidth(clock, None), Silent, connect_seconds=0.05)
    return HuggingFaceSource(settings, guard, client, pauses, lookup=lookup)


def unknown(host: str, _port: int) -> list[str]:
    """As without a network."""
    raise socket.gaierror(socket.EAI_NONAME, host)


def unasked(host: str, _port: int) -> list[str]:
    """Nobody should look this up."""
    raise AssertionError(host)


async def test_a_name_that_nobody_looks_up_in_time_makes_the_hub_unavailable() -> None:
    never = threading.Event()

    def wait(_host: str, _port: int) -> list[str]:
        never.wait()
        return []

    source = source_of(HUB, wait)
    with pytest.raises(UpstreamUnavailable, match="TimeoutError"):
        await source.resolve(REPOSITORY, None)
    never.set()
    await source.close()


async def test_a_name_that_nobody_knows_makes_the_hub_unavailable() -> None:
    source = source_of(HUB, unknown)
    with pytest.raises(UpstreamUnavailable, match="gaierror"):
        await source.refs(REPOSITORY)
    await source.close()


async def test_bytes_of_a_name_that_nobody_looks_up_in_time_are_unavailable() -> None:
    source = source_of(HUB, unasked)
    with pytest.raises(UpstreamUnavailable):
        await source.open(REPOSITORY, "0" * 40, FILE, 0).__aenter__()
    await source.close()


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", True), ("::1", True), ("hub.example", False), ("127.1", False), ("", False)]
)
def test_what_is_an_address(host: str, address: bool) -> None:
    assert is_address(host) is address


async def test_an_address_is_not_looked_up() -> None:
    async with Elsewhere() as hub:
        source = source_of(hub.url, unasked)
        with pytest.raises(UpstreamUnavailable):  # it answers, but not with JSON
            await source.resolve(REPOSITORY, None)
        assert len(hub.requests) == 1
        await source.close()


async def test_a_proxy_looks_names_up_by_itself() -> None:
    async with Elsewhere() as proxy:
        source = source_of(HUB, unasked, Guard([HUB], (), lambda _url: URL(proxy.url)))
        with pytest.raises(UpstreamUnavailable):
            await source.resolve(REPOSITORY, None)
        assert [request.host for request in proxy.requests] == ["hub.example"]
        await source.close()
