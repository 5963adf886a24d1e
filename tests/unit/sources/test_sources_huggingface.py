"""The real source against the stand-in hub: the suite, and what only a hub over HTTP can do."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from ipaddress import ip_network

import pytest
from pydantic import SecretStr

from steelyard.core.clock import SystemClock
from steelyard.core.ref import Kind
from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.errors import AccessRefused, RepositoryMissing, UpstreamBusy, UpstreamUnavailable
from steelyard.sources.guard.guard import Guard
from steelyard.sources.http import RangeClient
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.huggingface.source import HuggingFaceSource, create
from steelyard.sources.pauses import HostPauses
from steelyard.sources.protocol import Hub, Repository, Source
from steelyard.sources.registry import SourceContext
from steelyard.testing.clock import HandClock
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub_suite import HistoryPlace, HubSuite
from steelyard.testing.source_suite import FILES, LARGE, NAME, REPOSITORY, SMALL, WEIGHTS, SourceSuite

TOKEN = "hf_madeUpForTests"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))  # where the stand-in's CDN is


@dataclass(frozen=True)
class HubPlace:
    """A hub and the source that asks it."""

    hub: StandInHub
    source: Hub

    def hold(
        self,
        name: str,
        files: Mapping[str, bytes],
        *,
        tag: str | None = None,
        gated: bool = False,
        branch: str = "main",
    ) -> str:
        return self.hub.add(name, files, tag=tag, gated=gated, branch=branch)

    def cut(self, name: str, path: str, after: int) -> None:
        self.hub.faults.cut_after(f"{name}/{path}", after)

    def ignore_range(self, name: str, path: str) -> None:
        self.hub.faults.ignore_range(f"{name}/{path}")


@pytest.fixture
async def hub() -> AsyncIterator[StandInHub]:
    """A hub that listens."""
    async with StandInHub() as hub:
        yield hub


@pytest.fixture
async def source(hub: StandInHub) -> AsyncIterator[HuggingFaceSource]:
    """A source with a token the hub accepts."""
    hub.tokens.add(TOKEN)
    made = create(_context(hub, TOKEN))
    yield made
    await made.close()


@pytest.fixture
async def stranger(hub: StandInHub) -> AsyncIterator[HuggingFaceSource]:
    """A source without a token."""
    made = create(_context(hub, None))
    yield made
    await made.close()


class TestHuggingFaceSource(HubSuite):
    """Over HTTP, without a token, in front of a hub that announces Xet."""

    @pytest.fixture
    async def place(self, hub: StandInHub, stranger: HuggingFaceSource) -> HistoryPlace:
        """A hub without a repository."""
        hub.announce_xet = True
        return HubPlace(hub, stranger)


async def test_the_token_goes_to_the_hub_and_never_to_the_cdn(hub: StandInHub, source: HuggingFaceSource) -> None:
    hub.add(NAME, FILES, gated=True)
    hub.faults.redirect_to_cdn(f"{NAME}/*")
    assert await _read(source, WEIGHTS, 5) == (5, LARGE[5:])
    asked = {request.origin: request for request in hub.ledger.requests(call="resolve")}
    assert asked["hub"].authorization == f"Bearer {TOKEN}"
    assert asked["cdn"].authorization is None
    assert asked["cdn"].range == "bytes=5-"


async def test_every_request_for_bytes_has_a_range_and_our_name(hub: StandInHub, source: HuggingFaceSource) -> None:
    hub.add(NAME, FILES)
    await _read(source, WEIGHTS, 0)
    [request] = hub.ledger.requests(call="resolve")
    assert request.range == "bytes=0-"
    assert request.user_agent is not None
    assert request.user_agent.startswith("steelyard/")


async def test_no_request_of_ours_goes_for_xet(hub: StandInHub, source: HuggingFaceSource) -> None:
    hub.announce_xet = True
    hub.add(NAME, FILES)
    assert await _read(source, WEIGHTS, 0) == (0, LARGE)
    assert hub.xet_hits == 0


async def test_without_a_token_none_is_sent(hub: StandInHub, stranger: HuggingFaceSource) -> None:
    hub.add(NAME, FILES)
    await _read(stranger, WEIGHTS, 0)
    assert {request.authorization for request in hub.ledger.requests()} == {None}


async def test_a_gated_repository_opens_for_the_token(
    hub: StandInHub, source: HuggingFaceSource, stranger: HuggingFaceSource
) -> None:
    hub.add(NAME, FILES, gated=True)
    assert await _read(source, "config.json", 0) == (0, SMALL)
    with pytest.raises(AccessRefused) as caught:
        await _read(stranger, "config.json", 0)
    assert caught.value.hint is not None
    assert "HF_TOKEN" in caught.value.hint


async def test_a_missing_repository_is_shown_with_its_page(hub: StandInHub, source: HuggingFaceSource) -> None:
    with pytest.raises(RepositoryMissing) as caught:
        await source.resolve(Repository(Kind.MODEL, "acme/nothing"), None)
    assert f"{hub.url}/acme/nothing" in (caught.value.hint or "")
    assert "acme/nothing" in caught.value.detail


async def test_a_name_that_no_hub_takes_is_missing(source: HuggingFaceSource) -> None:
    with pytest.raises(RepositoryMissing):
        await source.resolve(Repository(Kind.MODEL, "a/b/c"), None)


async def test_datasets_are_listed_and_read(hub: StandInHub, source: HuggingFaceSource) -> None:
    commit = hub.add("acme/bellows", {"data.csv": b"a,b\n"}, kind=Kind.DATASET)
    repository = Repository(Kind.DATASET, "acme/bellows")
    assert (await source.resolve(repository, None)).commit == commit
    [file] = await source.list_files(repository, commit)
    async with source.open(repository, commit, file, 0) as stream:
        assert b"".join([chunk async for chunk in stream.chunks()]) == b"a,b\n"


async def test_names_with_odd_letters_are_found(hub: StandInHub, source: HuggingFaceSource) -> None:
    files = {"ein ümlaut.txt": b"1", "per%20cent.txt": b"2", "plus+and#hash?.txt": b"3", "deep/er/x.txt": b"4"}
    hub.add(NAME, files)
    for path, content in files.items():
        assert await _read(source, path, 0) == (0, content)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_broken_hub_is_unavailable(hub: StandInHub, source: HuggingFaceSource, status: int) -> None:
    hub.add(NAME, FILES)
    hub.faults.status(f"{NAME}/{WEIGHTS}", status)
    with pytest.raises(UpstreamUnavailable):
        await _read(source, WEIGHTS, 0)
    assert await _read(source, WEIGHTS, 0) == (0, LARGE)


async def test_nobody_listening_is_unavailable() -> None:
    async with StandInHub() as gone:
        context = _context(gone, None)
    source = create(context)
    try:
        with pytest.raises(UpstreamUnavailable) as caught:
            await source.resolve(REPOSITORY, None)
    finally:
        await source.close()
    assert caught.value.hint


async def test_whoever_somebody_waits_for_stands_behind_no_other_connection(
    hub: StandInHub, source: HuggingFaceSource
) -> None:
    hub.add(NAME, FILES)
    hub.faults.throttle("*", 1000)
    repository = Repository(Kind.MODEL, NAME)
    commit = (await source.resolve(repository, None)).commit
    [file] = [one for one in await source.list_files(repository, commit) if one.path == WEIGHTS]
    async with AsyncExitStack() as opened, asyncio.timeout(30):
        streams = [await opened.enter_async_context(source.open(repository, commit, file, 0)) for _ in range(20)]
    assert [stream.start for stream in streams] == [0] * 20


async def test_too_many_requests_for_bytes_pause_the_host(hub: StandInHub) -> None:
    clock = HandClock()
    pauses = HostPauses(clock)
    guard = Guard([hub.url])
    client = RangeClient(guard, pauses, Bandwidth(clock, None))
    source = HuggingFaceSource(HuggingFaceSettings(endpoint=hub.url), guard, client, pauses)
    hub.add(NAME, FILES)
    hub.faults.status(f"{NAME}/{WEIGHTS}", 429, headers={"Retry-After": "3600"})
    with pytest.raises(UpstreamBusy) as caught:
        await _read(source, WEIGHTS, 0)
    assert caught.value.retry_after == 3600
    asked = len(hub.ledger.requests())
    clock.forward(seconds=3599.95)
    reading = asyncio.create_task(_read(source, WEIGHTS, 0))
    await asyncio.sleep(0.06)
    assert not reading.done()
    assert len(hub.ledger.requests()) == asked
    clock.forward(seconds=1)
    assert await reading == (0, LARGE)
    await source.close()


async def test_too_many_requests_for_metadata_pause_the_host(hub: StandInHub) -> None:
    clock = HandClock()
    pauses = HostPauses(clock)
    guard = Guard([hub.url])
    client = RangeClient(guard, pauses, Bandwidth(clock, None))
    source = HuggingFaceSource(HuggingFaceSettings(endpoint=hub.url), guard, client, pauses)
    hub.add(NAME, FILES)
    hub.faults.status(f"api:{NAME}", 429, headers={"ratelimit": '"api";r=0;t=77'}, times=None)
    with pytest.raises(UpstreamBusy) as caught:
        await source.resolve(REPOSITORY, None)
    assert caught.value.retry_after == 77
    hub.faults.clear()
    clock.forward(seconds=76.99)
    asking = asyncio.create_task(source.resolve(REPOSITORY, None))
    await asyncio.sleep(0.03)
    assert not asking.done()
    clock.forward(seconds=0.02)
    assert (await asking).repository == REPOSITORY
    await source.close()


async def test_what_arrived_before_a_cut_is_given_out(hub: StandInHub, source: HuggingFaceSource) -> None:
    commit = hub.add(NAME, FILES)
    hub.faults.cut_after(f"{NAME}/{WEIGHTS}", 200_000)
    file = await SourceSuite.listed(source, commit, WEIGHTS)
    came = bytearray()

    async def read_slowly() -> None:
        async with source.open(REPOSITORY, commit, file, 0) as stream:
            await asyncio.sleep(0.05)  # all that will ever come is here, and the connection is gone
            async for chunk in stream.chunks():
                came.extend(chunk)

    with pytest.raises(UpstreamUnavailable):
        await read_slowly()
    assert bytes(came) == LARGE[:200_000]


async def test_a_circle_of_redirects_ends(hub: StandInHub, source: HuggingFaceSource) -> None:
    commit = hub.add(NAME, FILES)
    path = f"/{NAME}/resolve/{commit}/{WEIGHTS}"
    hub.faults.status(f"{NAME}/{WEIGHTS}", 302, times=None, headers={"Location": path})
    with pytest.raises(UpstreamUnavailable):
        await _read(source, WEIGHTS, 0)
    assert len(hub.ledger.requests(call="resolve")) == 6


def _context(hub: StandInHub, token: str | None) -> SourceContext:
    clock = SystemClock()
    settings = HuggingFaceSettings(endpoint=hub.url, token=SecretStr(token) if token else None)
    return SourceContext(
        {"huggingface": settings}, clock, HostPauses(clock), Bandwidth(clock, None), allowed_networks=LOOPBACK
    )


async def _read(source: Source, path: str, offset: int) -> tuple[int, bytes]:
    return await SourceSuite().read(source, path, offset)
