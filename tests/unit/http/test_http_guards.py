"""What the open mode refuses: as pure decisions, and around an application."""

from collections.abc import Iterator
from contextlib import closing
from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from steelyard.http.guards import (
    LOST_CLIENT,
    Guards,
    allowed_hosts,
    check_forwarding,
    check_host,
    check_origin,
    client_address,
    is_trusted,
)
from steelyard.http.settings import ServerSettings

LOCAL = allowed_hosts(ServerSettings())
PUBLIC = ServerSettings(host="0.0.0.0", public_url="https://models.example.org/depot")  # noqa: S104 - only a setting
PROXIES: list[IPv4Network | IPv6Network] = [
    ip_network("10.0.0.0/8"),
    ip_network("127.0.0.1/32"),
    ip_network("fd00::/8"),
]


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8420", "LOCALHOST:8420", "127.0.0.1", "127.0.0.1:8420", "[::1]", "[::1]:8420"]
)
def test_loopback_is_ours(host: str) -> None:
    assert check_host(host, LOCAL) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "192.168.1.5", "127.0.0.1.evil.example", "[::2]", "[", "a:b:c"],
)
def test_on_loopback_nothing_else_is(host: str) -> None:
    error = check_host(host, LOCAL)
    assert error is not None
    assert error.status == 403
    assert error.hint is not None


def test_beyond_loopback_bare_addresses_are_fine_and_names_must_be_said() -> None:
    hosts = allowed_hosts(PUBLIC)
    for host in ("192.168.1.5:8420", "[fd00::1]:8420", "models.example.org", "localhost"):
        assert check_host(host, hosts) is None
    for host in ("evil.example", "example.org", "models.example.org.evil.example"):
        assert check_host(host, hosts) is not None


def test_names_are_allowed_whatever_their_case() -> None:
    settings = ServerSettings(allowed_hosts=["Depot.Example.org"], public_url="https://Models.Example.ORG")
    for host in ("depot.example.org", "DEPOT.example.org:80", "models.example.org"):
        assert check_host(host, allowed_hosts(settings)) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "a:1"},
        {"host": "a:1", "origin": "http://a:1"},
        {"host": "a:1", "origin": "http://A:1", "sec-fetch-site": "same-origin"},
        {"host": "a:1", "sec-fetch-site": "same-origin"},
        {"host": "a:1", "sec-fetch-site": "none"},
        {"host": "a:1", "origin": "https://models.example.org"},
    ],
)
def test_our_own_origin_may_change_things(headers: dict[str, str]) -> None:
    assert check_origin(headers, PUBLIC.public_url) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "a:1", "origin": "http://evil.example"},
        {"host": "a:1", "origin": "http://a:2"},
        {"host": "a:1", "origin": "null"},
        {"host": "a:1", "origin": ""},
        {"host": "", "origin": "file://"},
        {"origin": "null"},
        {"host": "a:1", "origin": "http://a:1@evil.example"},
        {"host": "a:1", "origin": "http://["},
        {"host": "a:1", "sec-fetch-site": "cross-site"},
        {"host": "a:1", "sec-fetch-site": "same-site"},
        {"host": "a:1", "origin": "http://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
def test_other_origins_may_not(headers: dict[str, str]) -> None:
    error = check_origin(headers, PUBLIC.public_url)
    assert error is not None
    assert (error.status, error.slug) == (403, "cross-site")


@pytest.mark.parametrize("name", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"])
def test_forwarding_headers_need_a_trusted_sender(name: str) -> None:
    assert check_forwarding({name: "1.2.3.4"}, trusted=True) is None
    error = check_forwarding({name: "1.2.3.4"}, trusted=False)
    assert error is not None
    assert "TRUSTED_PROXIES" in (error.hint or "")
    assert check_forwarding({"accept": "*/*"}, trusted=False) is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("127.0.0.1", [], None),
        ("127.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["192.0.2.7, 10.1.1.1"], "192.0.2.7"),
        ("127.0.0.1", ["203.0.113.9, 192.0.2.7, 10.1.1.1"], "192.0.2.7"),
        ("127.0.0.1", ["203.0.113.9", "192.0.2.7", "10.1.1.1"], "192.0.2.7"),
        ("127.0.0.1", ["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        ("127.0.0.1", ["192.0.2.7, nonsense"], None),
        ("127.0.0.1", ["unknown, 10.1.1.1"], None),
        ("127.0.0.1", ["192.0.2.7:5678"], "192.0.2.7"),
        ("127.0.0.1", ["203.0.113.9, 192.0.2.7:5678, 10.1.1.1:80"], "192.0.2.7"),
        ("127.0.0.1", ["[2001:db8::7]:80"], "2001:db8::7"),
        ("127.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
        ("127.0.0.1", ["[192.0.2.7]:80x"], None),
        ("127.0.0.1", ["fe80::1%eth0"], None),
        ("127.0.0.1", ["[fe80::1%eth0]:80"], None),
        ("127.0.0.1", ["nonsense, 192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", [" , ,"], None),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"),
        ("192.0.2.99", ["203.0.113.9"], "192.0.2.99"),
    ],
)
def test_the_client_is_the_first_from_the_right_whom_nobody_trusts(
    peer: str, forwarded: list[str], expected: str | None
) -> None:
    assert client_address(peer, forwarded, PROXIES) == expected


def test_trust_is_a_matter_of_networks() -> None:
    assert is_trusted("10.255.0.1", PROXIES)
    assert is_trusted("fd12::1", PROXIES)
    for address in ("11.0.0.1", "::1", "", "testclient", "10.0.0.1.evil.example"):
        assert not is_trusted(address, PROXIES)
    assert not is_trusted("127.0.0.1", [])


@pytest.fixture
def client() -> Iterator[TestClient]:
    """An application that says who asked, behind the guards; 10.0.0.0/8 is trusted."""

    async def who(request: Request) -> JSONResponse:
        return JSONResponse(request.client.host if request.client else None)

    settings = ServerSettings(trusted_proxies=["10.0.0.0/8"])
    app = Starlette(routes=[Route("/who", who, methods=["GET", "POST"])])
    with TestClient(Guards(app, settings), base_url="http://127.0.0.1:8420", client=("127.0.0.1", 5)) as client:
        yield client


@pytest.fixture
def proxied() -> Iterator[TestClient]:
    """The same, asked by a trusted proxy."""

    async def who(request: Request) -> JSONResponse:
        return JSONResponse(request.client.host if request.client else None)

    app = Starlette(routes=[Route("/who", who)])
    guarded = Guards(app, ServerSettings(trusted_proxies=["10.0.0.0/8"]))
    with TestClient(guarded, base_url="http://127.0.0.1:8420", client=("10.0.0.9", 5)) as client:
        yield client


def test_an_honest_request_passes(client: TestClient) -> None:
    assert client.get("/who").json() == "127.0.0.1"
    assert client.post("/who").json() == "127.0.0.1"


@pytest.mark.parametrize(
    ("method", "headers", "slug"),
    [
        ("GET", {"host": "evil.example"}, "host-not-allowed"),
        ("GET", {"x-forwarded-for": "192.0.2.7"}, "untrusted-proxy"),
        ("GET", {"X-Real-IP": "192.0.2.7"}, "untrusted-proxy"),
        ("POST", {"origin": "http://evil.example"}, "cross-site"),
        ("POST", {"sec-fetch-site": "cross-site"}, "cross-site"),
        ("DELETE", {"origin": "http://evil.example"}, "cross-site"),
    ],
)
def test_a_refusal_is_a_problem_with_a_hint(
    client: TestClient, method: str, headers: dict[str, str], slug: str
) -> None:
    answer = client.request(method, "/who", headers=headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(f":{slug}")
    assert answer.json()["hint"]


def test_reading_from_elsewhere_is_no_change(client: TestClient) -> None:
    assert client.get("/who", headers={"origin": "http://evil.example"}).status_code == 200


def test_behind_a_trusted_proxy_the_client_is_who_it_says(proxied: TestClient) -> None:
    assert proxied.get("/who", headers={"x-forwarded-for": "203.0.113.9, 192.0.2.7"}).json() == "192.0.2.7"
    assert proxied.get("/who").json() == "10.0.0.9"


@pytest.mark.parametrize("told", [None, "unknown", "192.0.2.7, unknown"])
def test_a_proxy_that_tells_of_no_client_is_known_to_have_lost_it(told: str | None) -> None:
    scopes: list[Scope] = []

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await PlainTextResponse("")(scope, receive, send)

    guarded = Guards(keep, ServerSettings(trusted_proxies=["10.0.0.0/8"]))
    client = TestClient(guarded, base_url="http://127.0.0.1:8420", client=("10.0.0.9", 5))
    with closing(client):
        client.get("/", headers={} if told is None else {"x-forwarded-for": told})
        client.get("/", headers={"x-forwarded-for": "192.0.2.7:4711"})
    assert [scope["client"][0] for scope in scopes] == ["10.0.0.9", "192.0.2.7"]
    assert [scope["state"][LOST_CLIENT] for scope in scopes] == [True, False]
