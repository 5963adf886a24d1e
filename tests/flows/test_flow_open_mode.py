"""The guards of the open mode, end to end, and the depot behind a path prefix."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.house import House, open_house, slug

PULL = {"model": "org/name"}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "", "[::2]", "10.0.0.8"]
)
async def test_a_strange_host_is_refused(house: House, host: str) -> None:
    for method, path in (("GET", "/"), ("GET", "/api/models"), ("POST", "/pull"), ("GET", "/health")):
        answer = await house.http.request(method, path, headers={"Host": host})
        assert (answer.status_code, slug(answer.json())) == (403, "host-not-allowed")
        assert answer.json()["hint"]


@pytest.mark.parametrize("host", ["127.0.0.1:8420", "localhost", "LOCALHOST:1", "[::1]:8420"])
async def test_loopback_names_are_ours(house: House, host: str) -> None:
    assert (await house.http.get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://127.0.0.1:9"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
        {"Origin": ""},
    ],
)  # fmt: skip
async def test_a_page_of_another_site_changes_nothing(hub: StandInHub, house: House, headers: dict[str, str]) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    for path in ("/pull", "/api/models/download", "/jobs/x/cancel", "/pages/pull", "/pages/jobs/x/cancel"):
        answer = await house.http.post(path, json=PULL, headers=headers)
        assert (answer.status_code, slug(answer.json())) == (403, "cross-site"), path
    answer = await house.http.delete("/jobs/x", headers=headers)
    assert answer.status_code == 403
    assert (await house.get("/jobs"))["count"] == 0
    assert (await house.http.get("/api/models", headers=headers)).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://127.0.0.1"}, {"Sec-Fetch-Site": "same-origin"}])
async def test_our_own_pages_may(hub: StandInHub, house: House, headers: dict[str, str]) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    assert (await house.http.post("/pull", json=PULL, headers=headers)).status_code in {200, 202}


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto"])
async def test_forwarding_headers_are_refused_until_somebody_trusts_a_proxy(house: House, name: str) -> None:
    answer = await house.http.get("/api/models", headers={name: "203.0.113.9"})
    assert (answer.status_code, slug(answer.json())) == (403, "untrusted-proxy")
    assert "TRUSTED_PROXIES" in answer.json()["hint"]


async def test_a_trusted_proxy_tells_the_address(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    async with open_house(hub, tmp_path / "home", server__trusted_proxies=["127.0.0.1/32"]) as house:
        headers = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        answer = await house.http.post("/pull", json=PULL, headers=headers)
        record = await house.get(f"/api/v1/downloads/request/{answer.json()['task_id']}")
        assert (record["vpn_ip"], record["username"], record["identified_by"]) == (
            "203.0.113.9",
            "203.0.113.9",
            "address",
        )


@pytest.fixture
async def prefixed(hub: StandInHub, tmp_path: Path) -> AsyncIterator[House]:
    """A depot that people reach as http://depot.example/depot."""
    async with open_house(hub, tmp_path / "home", server__public_url="http://depot.example/depot") as house:
        yield house


@pytest.mark.parametrize("stripped", [False, True])
async def test_everything_works_below_a_prefix(hub: StandInHub, prefixed: House, stripped: bool) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    before = "" if stripped else "/depot"
    headers = {"Host": "depot.example"}
    pulled = await prefixed.http.post(f"{before}/pull", json=PULL, headers=headers | {"Origin": "http://depot.example"})
    assert pulled.status_code == 202
    await prefixed.ended(pulled.json()["job_id"])
    for path in ("/api/models/org/name", "/api/models", "/jobs", "/health", "/api/stats", "/openapi.json", "/docs"):
        assert (await prefixed.http.get(f"{before}{path}", headers=headers)).status_code == 200, path
    assert (await prefixed.get(f"{before}/api/stats"))["total_requests"] > 0


async def test_the_page_links_below_its_prefix(prefixed: House) -> None:
    page = await prefixed.http.get("/depot/", headers={"Accept": "text/html", "Host": "depot.example"})
    assert page.status_code == 200
    links = [part.partition('"')[0] for part in page.text.replace("src=", "href=").split('href="')[1:]]
    local = [link for link in links if link.startswith("/")]
    assert local
    assert all(link.startswith("/depot/") for link in local), local
    for link in local:
        assert (await prefixed.http.get(link.partition("#")[0])).status_code == 200, link


async def test_the_page_shows_what_is_here_and_what_comes(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    await house.bring("org/name", "alice")
    page = await house.http.get("/", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "org/name" in page.text
    policy = page.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy or "default-src 'self'" in policy


async def test_a_client_without_html_is_told_what_ollama_says(house: House) -> None:
    for method in ("GET", "HEAD"):
        answer = await house.http.request(method, "/", headers={"Accept": "*/*"})
        assert answer.status_code == 200
        assert answer.text == ("Ollama is running" if method == "GET" else "")


async def test_the_page_may_pull_and_steer(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    own = {"Accept": "text/html", "Origin": "http://127.0.0.1", "HX-Request": "true"}
    answer = await house.http.post("/pages/pull", data={"model": "org/name", "username": "alice"}, headers=own)
    assert answer.status_code in {200, 202, 303}, answer.text
    (job,) = (await house.get("/jobs"))["jobs"]
    await house.ended(job["id"])
    bad = await house.http.post("/pages/pull", data={"model": "../../etc/passwd"}, headers=own)
    assert bad.status_code < 500


async def test_the_request_id_is_answered(house: House) -> None:
    given = await house.http.get("/health", headers={"X-Request-ID": "abc-123"})
    assert given.headers["x-request-id"] == "abc-123"
    made = {(await house.http.get(path)).headers["x-request-id"] for path in ("/health", "/api/models", "/absent")}
    assert len(made) == 3
    strange = await house.http.get("/health", headers={"X-Request-ID": "a b<script>"})
    assert strange.headers["x-request-id"] != "a b<script>"
    refused = await house.http.get("/health", headers={"Host": "evil.example", "X-Request-ID": "abc-123"})
    assert refused.headers["x-request-id"] == "abc-123"
