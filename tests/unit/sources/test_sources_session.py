"""The library's session: what a guard changes about it, and what not."""

import gzip
from collections.abc import AsyncIterator, Callable, Iterator
from ipaddress import ip_network

import httpx2
import pytest
from aiohttp import web
from huggingface_hub import get_session
from yarl import URL

from steelyard.sources.errors import UpstreamNonsense
from steelyard.sources.guard.errors import AddressRefused
from steelyard.sources.guard.guard import Guard
from steelyard.sources.huggingface.session import GuardedTransport, HubClient, asking, bounded
from steelyard.sources.threads import in_daemon_thread
from tests.unit.sources.elsewhere import Elsewhere, Names
from tests.unit.sources.test_sources_redirects import redirect_to

TOKEN = {"authorization": "Bearer hf_made_up"}
Ask = Callable[[str], httpx2.Response]


@pytest.fixture
async def hub() -> AsyncIterator[Elsewhere]:
    """The place that the settings name."""
    async with Elsewhere() as hub:
        yield hub


@pytest.fixture
async def inside() -> AsyncIterator[Elsewhere]:
    """A service that only this machine should reach."""
    async with Elsewhere() as inside:
        yield inside


def guard_of(hub: Elsewhere, *allowed: str) -> Guard:
    """A guard that knows no proxy."""
    return Guard([hub.url], [ip_network(one) for one in allowed], lambda _url: None)


async def fetched(guard: Guard, endpoint: str, address: str, names: Names | None = None) -> httpx2.Response:
    """What the library gets for an address, asked with a token."""

    def ask() -> httpx2.Response:
        transport = GuardedTransport((names or Names([])).answer)
        with asking(guard, endpoint), httpx2.Client(transport=transport, follow_redirects=True) as client:
            return client.get(address, headers=TOKEN)

    return await in_daemon_thread(ask, 30)


async def test_the_hub_itself_gets_the_token(hub: Elsewhere) -> None:
    assert (await fetched(guard_of(hub), hub.url, f"{hub.url}/x")).text == "inside"
    assert hub.requests[0].headers["Authorization"] == TOKEN["authorization"]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://127.1:{port}/",
        "http://u:p@127.0.0.1:{port}/",
    ],
)
@pytest.mark.parametrize("by", ["redirect", "link"])
async def test_neither_a_redirect_nor_a_link_leads_inside(
    hub: Elsewhere, inside: Elsewhere, target: str, by: str
) -> None:
    address = target.format(port=inside.port)
    hub.answer = redirect_to(address)
    with pytest.raises(AddressRefused):
        await fetched(guard_of(hub), hub.url, f"{hub.url}/x" if by == "redirect" else address)
    assert inside.requests == []


@pytest.mark.parametrize("by", ["redirect", "link"])
async def test_what_is_allowed_is_asked_without_the_token(hub: Elsewhere, inside: Elsewhere, by: str) -> None:
    hub.answer = redirect_to(f"{inside.url}/x")
    address = f"{hub.url}/x" if by == "redirect" else f"{inside.url}/x"
    assert (await fetched(guard_of(hub, "127.0.0.1"), hub.url, address, Names(["127.0.0.1"]))).text == "inside"
    [request] = inside.requests
    assert "Authorization" not in request.headers


async def test_a_name_is_asked_for_once_and_connected_to_as_judged(hub: Elsewhere, inside: Elsewhere) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    address = f"http://cdn.example:{inside.port}/x"
    assert (await fetched(guard_of(hub, "127.0.0.1"), hub.url, address, names)).text == "inside"
    assert names.asked == ["cdn.example"]
    assert inside.requests[0].host == f"cdn.example:{inside.port}"
    with pytest.raises(AddressRefused):
        await fetched(guard_of(hub, "127.0.0.1"), hub.url, address, names)
    assert len(inside.requests) == 1


async def test_from_https_nothing_goes_on_without_encryption(hub: Elsewhere, inside: Elsewhere) -> None:
    with pytest.raises(AddressRefused, match="encryption"):
        await fetched(guard_of(hub, "127.0.0.1"), "https://hub.example", f"{inside.url}/x")
    assert inside.requests == []


async def test_one_address_inside_refuses_the_name(hub: Elsewhere, inside: Elsewhere) -> None:
    for answer in [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"]]:
        with pytest.raises(AddressRefused):
            await fetched(guard_of(hub), hub.url, f"http://cdn.example:{inside.port}/x", Names(answer))
    assert inside.requests == []


async def test_a_second_address_is_tried_when_nobody_listens_at_the_first(hub: Elsewhere, inside: Elsewhere) -> None:
    names = Names(["::1", "127.0.0.1"])
    guard = guard_of(hub, "::1", "127.0.0.1")
    assert (await fetched(guard, hub.url, f"http://cdn.example:{inside.port}/x", names)).text == "inside"


async def test_others_in_this_process_ask_as_they_please(hub: Elsewhere, inside: Elsewhere) -> None:
    with asking(guard_of(hub), hub.url):
        pass

    def ask() -> httpx2.Response:
        session = get_session()
        assert isinstance(session, HubClient)
        return session.get(f"{inside.url}/x", headers=TOKEN)

    assert (await in_daemon_thread(ask, 30)).text == "inside"
    assert inside.requests[0].headers["Authorization"] == TOKEN["authorization"]
    assert "x-amzn-trace-id" in inside.requests[0].headers  # the library's own hook


async def test_an_answer_is_unpacked(hub: Elsewhere) -> None:
    packed = gzip.compress(b"a" * 5000)
    hub.answer = lambda **_given: web.Response(
        body=packed, headers={"Content-Encoding": "gzip", "Link": "<x>; rel=next"}
    )
    answer = await fetched(guard_of(hub), hub.url, f"{hub.url}/x")
    assert (answer.content, answer.links["next"]["url"]) == (b"a" * 5000, "x")


def endless() -> Iterator[bytes]:
    """More than anybody wants."""
    while True:
        yield b"a" * 1000


def test_an_answer_without_end_is_given_up() -> None:
    with pytest.raises(UpstreamNonsense, match="4000 bytes"):
        bounded(httpx2.Response(200, content=endless()), "hub.example", 4000)


def test_an_answer_that_grows_when_unpacked_is_given_up() -> None:
    packed = gzip.compress(b"a" * 1_000_000)
    answer = httpx2.Response(200, headers={"Content-Encoding": "gzip"}, content=iter([packed]))
    with pytest.raises(UpstreamNonsense, match="4000 bytes"):
        bounded(answer, "hub.example", 4000)


@pytest.mark.parametrize("packing", ["gzip, gzip", "br", "zstd", "compress"])
def test_packings_that_nobody_asked_for_are_refused(packing: str) -> None:
    answer = httpx2.Response(200, headers={"Content-Encoding": packing}, content=iter([b"x"]))
    with pytest.raises(UpstreamNonsense, match="packs"):
        bounded(answer, "hub.example")


async def test_a_proxy_is_asked_and_told_no_address_inside(hub: Elsewhere, inside: Elsewhere) -> None:
    async with Elsewhere() as proxy:
        guard = Guard([hub.url], (), lambda _url: URL(proxy.url))
        for address in ["http://cdn.example/x", f"{hub.url}/x"]:
            assert (await fetched(guard, hub.url, address)).text == "inside"
        assert [request.host for request in proxy.requests] == ["cdn.example", "127.0.0.1"]
        assert ["Authorization" in request.headers for request in proxy.requests] == [False, True]
        for address in [inside.url, f"http://localhost:{inside.port}/", "http://nas/", "http://0x7f.1/"]:
            with pytest.raises(AddressRefused):
                await fetched(guard, hub.url, address)
        assert len(proxy.requests) == 2
    assert inside.requests == []
