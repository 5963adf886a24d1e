"""Models on other servers: found, shared out, left out while they are away."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.engine import EchoEngine, LoadedEcho
from steelyard.engines.errors import CannotLoad, EngineFailed, EngineSilent, EngineUnreachable
from steelyard.engines.models import Endpoint, LoadOptions, Weights
from steelyard.engines.protocol import Loaded
from steelyard.engines.remote.engine import RemoteEngine
from steelyard.engines.remote.fleet import RemoteFleet, Upstream
from steelyard.engines.settings import RemoteSettings
from steelyard.engines.wire import EngineClient
from steelyard.testing.clock import HandClock
from steelyard.testing.engine_suite import CHAT, OPTIONS, EngineSuite, answer, children, say, streamed, until

WEIGHTS = Weights("k", "acme/anvil", Path("nowhere"), "remote", 0, is_here=False)
M = replace(WEIGHTS, name="m")
ELSEWHERE = LoadOptions(context=OPTIONS.context)


class RemotePlace:
    """The remote engine before an echo that counts what it works on."""

    weights = WEIGHTS
    broken = Weights("b", "acme/unknown", Path("/nowhere/broken"), "remote", 0, is_here=False)

    def __init__(self, echo: EchoEngine, engine: RemoteEngine) -> None:
        self._echo = echo
        self.engine = engine

    async def is_idle(self, loaded: Loaded) -> bool:
        return self._echo.tally.running == 0


class TestRemote(EngineSuite):
    """The suite."""

    @pytest.fixture
    async def place(self, client: EngineClient) -> AsyncIterator[RemotePlace]:
        echo = EchoEngine(Behaviour(context=OPTIONS.context))
        loaded = await echo.start(WEIGHTS, ELSEWHERE)
        engine = remote(client, loaded)
        await engine.refresh()
        yield RemotePlace(echo, engine)
        await loaded.stop()

    async def test_a_stopped_model_is_gone(self, place: RemotePlace, client: EngineClient) -> None:  # type: ignore[override]
        """From here; the other server keeps it."""
        before = children()
        loaded = await place.engine.start(place.weights, OPTIONS)
        await loaded.stop()
        await loaded.stop()
        assert not loaded.is_alive
        assert children() == before


def remote(client: EngineClient, *servers: LoadedEcho, clock: HandClock | None = None, **more: object) -> RemoteEngine:
    """The engine before some servers."""
    settings = [
        RemoteSettings.model_validate({"url": one.endpoint.url + "/v1/", "key": one.endpoint.key, **more})
        for one in servers
    ]
    return RemoteEngine(client, settings, (clock or HandClock()).monotonic)


@pytest.fixture
async def client() -> AsyncIterator[EngineClient]:
    client = EngineClient()
    yield client
    await client.close()


@pytest.fixture
def echoes() -> tuple[EchoEngine, EchoEngine]:
    return EchoEngine(), EchoEngine()


@pytest.fixture
async def servers(echoes: tuple[EchoEngine, EchoEngine]) -> AsyncIterator[tuple[LoadedEcho, LoadedEcho]]:
    first, second = [await echo.start(WEIGHTS, ELSEWHERE) for echo in echoes]
    yield first, second
    await first.stop()
    await second.stop()


async def test_models_are_discovered(client: EngineClient, servers: tuple[LoadedEcho, LoadedEcho]) -> None:
    """And looked for again after a while only."""
    clock = HandClock()
    engine = remote(client, servers[0], clock=clock)
    assert engine.refusal(WEIGHTS) == "no server has it"
    await engine.refresh()
    assert engine.models() == ["acme/anvil"]
    assert engine.refusal(WEIGHTS) is None
    await servers[0].stop()
    clock.forward(seconds=31)
    await engine.refresh()
    assert engine.models() == ["acme/anvil"], "one that does not answer keeps what it had"


async def test_a_model_may_have_another_name_there(
    client: EngineClient, echoes: tuple[EchoEngine, EchoEngine], servers: tuple[LoadedEcho, LoadedEcho]
) -> None:
    engine = remote(client, servers[0], models={"here/name": "there-name"})
    loaded = await engine.start(replace(WEIGHTS, name="here/name"), ELSEWHERE)
    assert await answer(client, loaded.endpoint, say("hello")) == "hello"
    assert echoes[0].tally.bodies[-1]["model"] == "there-name"


async def test_requests_go_to_the_least_busy(
    client: EngineClient, echoes: tuple[EchoEngine, EchoEngine], servers: tuple[LoadedEcho, LoadedEcho]
) -> None:
    """Four at once are two for each."""
    gate = asyncio.Event()
    for echo in echoes:
        echo.behaviour = Behaviour(gate=gate)
    loaded = await remote(client, *servers).start(WEIGHTS, ELSEWHERE)
    asked = [asyncio.create_task(answer(client, loaded.endpoint, say("hello"))) for _ in range(4)]
    await until(lambda: sum(echo.tally.running for echo in echoes) == 4)
    assert [echo.tally.running for echo in echoes] == [2, 2]
    gate.set()
    assert await asyncio.gather(*asked) == ["hello"] * 4


async def test_a_server_that_is_away_costs_nobody_an_answer(
    client: EngineClient, echoes: tuple[EchoEngine, EchoEngine], servers: tuple[LoadedEcho, LoadedEcho]
) -> None:
    """Nothing has come yet, so the other one is asked."""
    loaded = await remote(client, *servers).start(WEIGHTS, ELSEWHERE)
    await servers[0].stop()
    for _ in range(5):
        assert await answer(client, loaded.endpoint, say("hello")) == "hello"
    assert echoes[1].tally.finished == 5


async def test_nobody_is_asked_again_after_the_first_piece(
    client: EngineClient, echoes: tuple[EchoEngine, EchoEngine], servers: tuple[LoadedEcho, LoadedEcho]
) -> None:
    for echo in echoes:
        echo.behaviour = Behaviour(break_after=1)
    loaded = await remote(client, *servers).start(WEIGHTS, ELSEWHERE)
    with pytest.raises(EngineFailed):
        await answer(client, loaded.endpoint, say("one two"))
    assert sum(echo.tally.begun for echo in echoes) == 1


async def test_a_request_that_ends_one_server_is_not_taken_to_the_next(client: EngineClient) -> None:
    """But the server is left out after a while: a port may be open with nothing behind it."""
    asked: list[int] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer.get_extra_info("sockname")[1])
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as listening:
        urls = [f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}{path}" for path in ("", "/other")]
        upstreams = [Upstream(url, None, {"acme/anvil": "acme/anvil"}) for url in urls]
        fleet = RemoteFleet(WEIGHTS, upstreams, HandClock().monotonic)
        with pytest.raises(EngineSilent):
            await answer(client, Endpoint(urls[0], "acme/anvil", None, fleet=fleet), say("hello"))
    assert (len(asked), [one.errors for one in upstreams]) == (1, [1, 0])


async def test_all_away_is_said(client: EngineClient, servers: tuple[LoadedEcho, LoadedEcho]) -> None:
    loaded = await remote(client, *servers).start(WEIGHTS, ELSEWHERE)
    for server in servers:
        await server.stop()
    with pytest.raises(EngineUnreachable, match="None of the servers"):
        await answer(client, loaded.endpoint, say("hello"))


async def test_what_is_given_up_is_given_back(client: EngineClient, servers: tuple[LoadedEcho, LoadedEcho]) -> None:
    """A closed stream no longer counts as in flight."""
    upstream = Upstream(servers[0].endpoint.url, servers[0].endpoint.key, {"acme/anvil": "acme/anvil"})
    fleet = RemoteFleet(WEIGHTS, [upstream], HandClock().monotonic)
    endpoint = Endpoint(upstream.url, "acme/anvil", upstream.key, fleet=fleet)
    async with aclosing(streamed(client, endpoint, CHAT, say("one two three"))) as stream:
        await anext(stream)
        assert upstream.in_flight == 1
    assert upstream.in_flight == 0


@pytest.mark.parametrize("errors", [2, 3])
async def test_whoever_gives_up_early_says_nothing_of_a_server(client: EngineClient, errors: int) -> None:
    """It takes connections and never answers: neither well nor ill is known of it."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        upstream = Upstream(f"http://127.0.0.1:{deaf.getsockname()[1]}", None, {"m": "m"}, errors=errors, until=30.0)
        endpoint = Endpoint(upstream.url, "m", fleet=RemoteFleet(M, [upstream], HandClock().monotonic))
        asking = asyncio.create_task(answer(client, endpoint, say("hello")))
        await until(lambda: upstream.in_flight == 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert (upstream.in_flight, upstream.errors, upstream.until) == (0, errors, 30.0)


async def test_a_refusal_is_an_answer(client: EngineClient, servers: tuple[LoadedEcho, LoadedEcho]) -> None:
    """The server is there, though it refused."""
    upstream = Upstream(servers[0].endpoint.url, "wrong", {"acme/anvil": "acme/anvil"}, errors=2, until=30.0)
    fleet = RemoteFleet(WEIGHTS, [upstream], HandClock().monotonic)
    with pytest.raises(EngineFailed, match="key"):
        await answer(client, Endpoint(upstream.url, "acme/anvil", upstream.key, fleet=fleet), say("hello"))
    assert (upstream.in_flight, upstream.errors) == (0, 0)


async def test_a_server_that_lists_a_models_name_does_not_take_it_over(
    client: EngineClient, servers: tuple[LoadedEcho, LoadedEcho]
) -> None:
    """A model of this depot goes elsewhere only where the settings name it, and a private one never."""
    here = replace(WEIGHTS, is_here=True)
    listing = remote(client, servers[0])
    await listing.refresh()
    assert listing.refusal(WEIGHTS) is None
    assert listing.refusal(here) == "it is on this machine, and the settings name it for no server"
    with pytest.raises(CannotLoad):
        await listing.start(here, ELSEWHERE)
    naming = remote(client, servers[0], models={"acme/anvil": "acme/anvil"})
    assert naming.refusal(here) is None
    private = replace(here, is_private=True)
    assert naming.refusal(private) == "it is private, and stays on this machine"
    with pytest.raises(CannotLoad):
        await naming.start(private, ELSEWHERE)


def test_requests_for_a_model_of_this_depot_go_to_named_servers_alone() -> None:
    listing, naming = Upstream("http://a", listed=frozenset("m")), Upstream("http://b", None, {"m": "there"})
    fleet = RemoteFleet(replace(M, is_here=True), [listing, naming], HandClock().monotonic)
    assert taken(fleet, 3) == "bbb"
    fleet = RemoteFleet(M, [listing, Upstream("http://b", None, {"m": "there"})], HandClock().monotonic)
    assert sorted(taken(fleet, 4)) == list("aabb")


def two(clock: HandClock, **second: float) -> tuple[RemoteFleet, Upstream, Upstream]:
    upstreams = [Upstream("http://a", None, {"m": "m"}), Upstream("http://b", None, {"m": "m"}, **second)]  # type: ignore[arg-type]
    return RemoteFleet(M, upstreams, clock.monotonic), upstreams[0], upstreams[1]


def taken(fleet: RemoteFleet, count: int) -> str:
    """The last letters of the addresses, in the order they were taken."""
    return "".join(endpoint.url[-1] for _ in range(count) if (endpoint := fleet.take(())))


def test_weights_are_shares() -> None:
    fleet, _, _ = two(HandClock(), weight=2.0)
    assert sorted(taken(fleet, 6)) == list("aabbbb")


def test_a_full_server_gets_more_only_where_all_are_full() -> None:
    fleet, first, second = two(HandClock(), max_in_flight=1)
    assert sorted(taken(fleet, 4)) == list("aaab")
    second.max_in_flight = 1
    first.max_in_flight = 3
    assert sorted(taken(fleet, 2)) == list("bb"), "both are full, and the second has fewer"
    assert (first.in_flight, second.in_flight) == (3, 3)


def test_three_connections_in_vain_and_it_is_left_out_for_half_a_minute() -> None:
    clock = HandClock()
    fleet, first, _ = two(clock)
    bad = Endpoint("http://a", "m")
    for _ in range(3):
        first.in_flight += 1
        fleet.give_back(bad, is_reachable=False)
    assert taken(fleet, 3) == "bbb"
    clock.forward(seconds=31)
    assert taken(fleet, 3) == "aaa"
    fleet.give_back(bad, is_reachable=True)
    assert first.errors == 0


def test_where_all_are_left_out_one_is_tried_still() -> None:
    clock = HandClock()
    fleet, first, second = two(clock)
    first.until, second.until = clock.monotonic() + 20, clock.monotonic() + 10
    assert taken(fleet, 1) == "b"


def test_nobody_has_it() -> None:
    fleet = RemoteFleet(WEIGHTS, [Upstream("http://a", None, {"m": "m"})], HandClock().monotonic)
    assert fleet.take(()) is None
