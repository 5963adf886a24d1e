"""File bytes by way of redirects: judged at every hop, and connected to what was judged."""

from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network

import pytest
from aiohttp import web
from yarl import URL

from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.guard.errors import AddressRefused
from steelyard.sources.guard.guard import Guard
from steelyard.sources.http import RangeClient
from steelyard.sources.pauses import HostPauses
from steelyard.testing.clock import HandClock
from tests.unit.sources.elsewhere import Elsewhere, Names

TOKEN = {"Authorization": "Bearer hf_made_up", "Cookie": "a=b"}
LOOPBACK = (ip_network("127.0.0.1"),)
MakeClient = Callable[..., RangeClient]


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


@pytest.fixture
async def client_of(hub: Elsewhere, clock: HandClock) -> AsyncIterator[MakeClient]:
    """``client_of(names, allowed)`` trusts the hub and asks those names."""
    made: list[RangeClient] = []

    def make(names: Names, *allowed: str, proxy: URL | None = None) -> RangeClient:
        guard = Guard([hub.url], [ip_network(one) for one in allowed], lambda _url: proxy)
        made.append(RangeClient(guard, HostPauses(clock), Bandwidth(clock, None), lambda: names))
        return made[-1]

    yield make
    for client in made:
        await client.close()


def redirect_to(address: str) -> Callable[..., web.Response]:
    """An answer that sends everybody there."""
    return lambda **_given: web.Response(status=302, headers={"Location": address})


async def read(client: RangeClient, address: str) -> bytes:
    """The bytes there."""
    async with client.open(address, TOKEN, 0) as stream:
        return b"".join([chunk async for chunk in stream.chunks()])


async def test_the_settings_own_address_is_read(hub: Elsewhere, client_of: MakeClient) -> None:
    assert await read(client_of(Names([])), f"{hub.url}/x") == b"inside"
    assert hub.requests[0].headers["Authorization"] == TOKEN["Authorization"]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://2130706433:{port}/", "http://127.1:{port}/",
        "http://0x7f.1:{port}/", "http://0177.0.0.1:{port}/", "http://127.0.0.1.:{port}/", "http://u:p@127.0.0.1:{port}/",
        "//127.0.0.1:{port}/", "http://169.254.169.254/latest/", "http://100.64.0.1/", "http://[::1]:{port}/",
        "http://[fe80::1%25lo]:{port}/",
    ],
)  # fmt: skip
async def test_a_redirect_inside_is_refused_and_nobody_there_is_asked(
    hub: Elsewhere, inside: Elsewhere, client_of: MakeClient, target: str
) -> None:
    hub.answer = redirect_to(target.format(port=inside.port))
    with pytest.raises(AddressRefused):
        await read(client_of(Names([])), f"{hub.url}/x")
    assert inside.requests == []


async def test_a_name_that_means_something_inside_is_refused(
    hub: Elsewhere, inside: Elsewhere, client_of: MakeClient
) -> None:
    hub.answer = redirect_to(f"http://cdn.example:{inside.port}/")
    for answer in [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::ffff:127.0.0.1"]]:
        with pytest.raises(AddressRefused):
            await read(client_of(Names(answer)), f"{hub.url}/x")
    assert inside.requests == []


async def test_the_real_resolver_reads_localhost_as_what_it_is(
    hub: Elsewhere, inside: Elsewhere, clock: HandClock
) -> None:
    hub.answer = redirect_to(f"http://localhost:{inside.port}/")
    client = RangeClient(Guard([hub.url]), HostPauses(clock), Bandwidth(clock, None))
    with pytest.raises(AddressRefused):
        await read(client, f"{hub.url}/x")
    await client.close()
    assert inside.requests == []


async def test_a_name_is_asked_for_once_and_connected_to_as_judged(
    hub: Elsewhere, inside: Elsewhere, client_of: MakeClient
) -> None:
    """Rebinding: the second answer would lead elsewhere, and nobody asks for it."""
    hub.answer = redirect_to(f"http://cdn.example:{inside.port}/file")
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    assert await read(client_of(names, "127.0.0.1/32"), f"{hub.url}/x") == b"inside"
    assert names.asked == ["cdn.example"]
    [request] = inside.requests
    assert request.host == f"cdn.example:{inside.port}"


async def test_a_name_that_becomes_something_inside_later_is_refused_then(
    hub: Elsewhere, inside: Elsewhere, client_of: MakeClient
) -> None:
    hub.answer = redirect_to(f"http://cdn.example:{inside.port}/file")
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    assert await read(client_of(names, "127.0.0.1/32"), f"{hub.url}/x") == b"inside"
    with pytest.raises(AddressRefused):
        await read(client_of(names, "127.0.0.1/32"), f"{hub.url}/x")
    assert len(inside.requests) == 1


async def test_every_hop_is_judged(hub: Elsewhere, inside: Elsewhere, client_of: MakeClient) -> None:
    async with Elsewhere() as cdn:
        hub.answer = redirect_to(f"http://cdn.example:{cdn.port}/")
        cdn.answer = redirect_to(f"http://127.0.0.3:{inside.port}/")
        with pytest.raises(AddressRefused):
            await read(client_of(Names(["127.0.0.1"]), "127.0.0.1/32"), f"{hub.url}/x")
        assert len(cdn.requests) == 1
    assert inside.requests == []


async def test_an_allowed_network_gets_the_bytes_through_and_no_secret(
    hub: Elsewhere, inside: Elsewhere, client_of: MakeClient
) -> None:
    hub.answer = redirect_to(f"{inside.url}/file?signature=x")
    assert await read(client_of(Names([]), "127.0.0.1/32"), f"{hub.url}/x") == b"inside"
    [request] = inside.requests
    assert not {"Authorization", "Cookie"} & set(request.headers)


async def test_a_name_and_password_in_a_redirect_are_refused_even_there(
    hub: Elsewhere, inside: Elsewhere, client_of: MakeClient
) -> None:
    hub.answer = redirect_to(f"http://user:secret@127.0.0.1:{inside.port}/")
    with pytest.raises(AddressRefused):
        await read(client_of(Names([]), "127.0.0.1/32"), f"{hub.url}/x")
    assert inside.requests == []


async def test_without_a_trusted_origin_the_first_address_is_judged_too(
    inside: Elsewhere, client_of: MakeClient
) -> None:
    with pytest.raises(AddressRefused):
        await read(client_of(Names([])), f"{inside.url}/x")
    assert inside.requests == []


async def test_a_proxy_of_the_settings_is_asked_and_told_no_address_inside(
    hub: Elsewhere, inside: Elsewhere, client_of: MakeClient
) -> None:
    async with Elsewhere() as proxy:
        client = client_of(Names([]), proxy=URL(proxy.url))
        assert await read(client, "http://cdn.example/file") == b"inside"
        for address in [inside.url, f"http://localhost:{inside.port}", f"http://127.1:{inside.port}", "http://nas/x"]:
            with pytest.raises(AddressRefused):
                await read(client, address)
        assert [request.host for request in proxy.requests] == ["cdn.example"]
        assert await read(client, f"{hub.url}/file") == b"inside"
        assert len(proxy.requests) == 2
    assert inside.requests == []
    assert hub.requests == []
