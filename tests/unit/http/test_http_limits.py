"""Budgets of requests."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Scope

from steelyard.http.limit_settings import LimitSettings
from steelyard.http.limits import Buckets, KeyOf, Limiter, RateLimit, by_address, client_key
from steelyard.testing.clock import HandClock

SMALL = LimitSettings(reads_per_second=2, reads_burst=4, changes_per_second=1, changes_burst=2)


def scope(address: str | None) -> Scope:
    return {"type": "http", "client": (address, 1) if address else None}


def client(limiter: Limiter, key_of: KeyOf, address: str = "192.0.2.7") -> httpx2.AsyncClient:
    """Somebody who asks from an address."""

    async def hello(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("hello")

    app = Starlette(
        routes=[Route("/", hello, methods=["GET", "POST"])],
        middleware=[Middleware(RateLimit, limiter=limiter, key_of=key_of)],
    )
    transport = httpx2.ASGITransport(app=app, client=(address, 1))
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1")


def test_a_burst_then_the_rate() -> None:
    buckets = Buckets(per_second=2, burst=3)
    assert [buckets.take("a", 10.0) for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert buckets.take("a", 10.5) == 0
    assert buckets.take("a", 10.5) == 0.5
    assert [buckets.take("a", 100.0) for _ in range(4)] == [0, 0, 0, 0.5]


def test_at_the_rate_nobody_waits() -> None:
    buckets = Buckets(per_second=3, burst=1)
    assert {buckets.take("a", 10.0 + number / 3) for number in range(10_000)} == {0.0}


def test_over_a_long_time_no_more_than_the_rate_gets_in() -> None:
    buckets = Buckets(per_second=5, burst=10)
    let_in = sum(buckets.take("a", 10.0 + number / 100) == 0.0 for number in range(10_000))
    assert let_in == 509


def test_each_key_has_its_own() -> None:
    buckets = Buckets(per_second=1, burst=1)
    assert [buckets.take(key, 10.0) for key in "abca"] == [0, 0, 0, 1]


def test_no_rate_is_no_limit() -> None:
    buckets = Buckets(per_second=0, burst=1)
    assert {buckets.take("a", 10.0) for _ in range(1000)} == {0.0}


def test_memory_is_bounded() -> None:
    buckets = Buckets(per_second=1, burst=1, keys=10)
    for number in range(1000):
        buckets.take(str(number), 10.0)
    assert len(buckets._full_at) == 10
    assert buckets.take("999", 10.0) > 0


def test_the_defaults_let_a_download_of_3000_files_pass(clock: HandClock) -> None:
    limiter = Limiter(LimitSettings(), clock)
    asked = [limiter.refusal("somebody", method) for _ in range(3000) for method in ("HEAD", "GET")]
    assert set(asked) == {None}


async def test_what_is_too_much_is_told_when_to_come_back(clock: HandClock) -> None:
    async with client(Limiter(SMALL, clock), by_address(spare_loopback=True)) as http:
        assert [(await http.get("/")).status_code for _ in range(4)] == [200] * 4
        refused = await http.get("/")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["type"] == "urn:steelyard:problem:rate-limited"
        assert refused.json()["hint"]
        clock.forward(seconds=1)
        assert [(await http.get("/")).status_code for _ in range(3)] == [200, 200, 429]


async def test_changes_have_their_own_budget(clock: HandClock) -> None:
    async with client(Limiter(SMALL, clock), by_address(spare_loopback=True)) as http:
        assert [(await http.post("/")).status_code for _ in range(3)] == [200, 200, 429]
        assert (await http.get("/")).status_code == 200


async def test_one_address_does_not_take_from_another(clock: HandClock) -> None:
    limiter, key_of = Limiter(SMALL, clock), by_address(spare_loopback=True)
    async with client(limiter, key_of) as one, client(limiter, key_of, "192.0.2.8") as other:
        assert [(await one.post("/")).status_code for _ in range(3)] == [200, 200, 429]
        assert (await other.post("/")).status_code == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_is_spared_where_that_is_said(clock: HandClock, address: str) -> None:
    limiter = Limiter(SMALL, clock)
    async with client(limiter, by_address(spare_loopback=True), address) as spared:
        assert {(await spared.post("/")).status_code for _ in range(20)} == {200}
    async with client(limiter, by_address(spare_loopback=False), address) as counted:
        assert [(await counted.post("/")).status_code for _ in range(3)] == [200, 200, 429]


async def test_without_a_key_nothing_is_counted(clock: HandClock) -> None:
    async with client(Limiter(SMALL, clock), lambda _scope: None) as http:
        assert {(await http.post("/")).status_code for _ in range(20)} == {200}


def test_who_has_no_address_is_counted_as_one() -> None:
    assert by_address(spare_loopback=True)(scope(None)) == "unknown"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("::1", "::1"), ("testclient", "testclient"),
        ("2001:db8::1", client_key("2001:db8:0:0:ffff::2")), ("fe80::1%eth0", client_key("fe80::2")), (":x", ":x"),
    ],
)  # fmt: skip
def test_one_client_one_key(address: str, key: str) -> None:
    assert client_key(address) == key


def test_neighbours_have_two() -> None:
    assert len({client_key(f"2001:db8:0:{number:x}::1") for number in range(16)}) == 16
