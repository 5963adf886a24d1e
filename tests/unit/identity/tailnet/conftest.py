"""Stand-ins for Headscale and tailscaled, and those who ask them."""

from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from steelyard.identity.tailnet.headscale import HeadscaleWhois
from steelyard.identity.tailnet.headscale_api import HeadscaleApi
from steelyard.identity.tailnet.local_api import LocalApi
from steelyard.identity.tailnet.models import TailnetPerson, Whois
from steelyard.identity.tailnet.tailscale import TailscaleWhois
from steelyard.testing.clock import HandClock
from steelyard.testing.headscale import StubHeadscale, StubNode, StubUser
from steelyard.testing.tailscaled import StubTailscaled

AMPLE = 30.0  # seconds that a busy machine may take for an answer on loopback; none of these tests is about time
SHORT = 0.05
V4, V6 = "100.64.0.7", "fd7a:115c:a1e0::7"
OpenHeadscale = Callable[..., HeadscaleWhois]
OpenTailscale = Callable[..., TailscaleWhois]


def at_once(asking: Coroutine[Any, Any, TailnetPerson | None]) -> TailnetPerson | None:
    """The answer of somebody who does not wait for anything at all. Raises AssertionError when they do."""
    try:
        asking.send(None)
    except StopIteration as answered:
        person: TailnetPerson | None = answered.value
        return person
    asking.close()
    raise AssertionError("it waits")


@pytest.fixture
async def headscale() -> AsyncIterator[StubHeadscale]:
    """Headscale 0.28 with one node of Alice's."""
    async with StubHeadscale() as stub:
        stub.nodes = [StubNode(StubUser("7", "alice"), [V4, V6])]
        yield stub


@pytest.fixture
async def tailscaled(tmp_path: Path) -> AsyncIterator[StubTailscaled]:
    """tailscaled; it knows nobody yet."""
    async with StubTailscaled(tmp_path / "ts.sock") as stub:
        yield stub


@pytest.fixture
async def opened() -> AsyncIterator[list[Whois]]:
    """What is closed at the end of the test."""
    all_of_them: list[Whois] = []
    yield all_of_them
    for whois in all_of_them:
        await whois.close()


@pytest.fixture
def ask_headscale(headscale: StubHeadscale, clock: HandClock, opened: list[Whois]) -> OpenHeadscale:
    """``ask_headscale(budget=…)``: a cache of 60 s, of a day at most, in front of the stand-in."""

    key = headscale.api_key

    def make(*, budget: float = AMPLE, api_key: str = key) -> HeadscaleWhois:
        api = HeadscaleApi(headscale.url, api_key)
        whois = HeadscaleWhois(api, clock, cache_seconds=60, stale_seconds=86_400, budget=budget)
        opened.append(whois)
        return whois

    return make


@pytest.fixture
def ask_tailscale(tailscaled: StubTailscaled, clock: HandClock, opened: list[Whois]) -> OpenTailscale:
    """``ask_tailscale(budget=…)``: a cache of 60 s in front of the stand-in."""

    def make(*, budget: float = AMPLE, socket: Path | None = None, most_known: int = 100) -> TailscaleWhois:
        api = LocalApi(socket or tailscaled.socket, budget=budget)
        whois = TailscaleWhois(api, clock, cache_seconds=60, most_known=most_known)
        opened.append(whois)
        return whois

    return make
