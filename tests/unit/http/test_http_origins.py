"""Pages of other origins: let in where the settings name them, and never with somebody's session."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from steelyard.http.guards import Guards
from steelyard.http.origins import Origins
from steelyard.http.prefix import PathPrefix
from steelyard.http.settings import ServerSettings

APP = "https://app.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-stainless-os"}
PATHS = ("/chat", "/v1/chat/completions", "/api/chat")


def client(*allowed: str, **more: Any) -> TestClient:
    """The guards around a route that tells which cookie came."""

    async def seen(request: Request) -> JSONResponse:
        answer = JSONResponse({"cookie": request.headers.get("cookie")})
        answer.headers["Vary"] = "Accept"
        return answer

    methods = ["GET", "POST", "OPTIONS"]
    settings = ServerSettings(allowed_origins=list(allowed), **more)
    routes = [Route(path, seen, methods=methods) for path in (*PATHS, "/chats", "/")]
    app: ASGIApp = Origins(Starlette(routes=routes), settings.allowed_origins, settings.public_url)
    app = PathPrefix(Guards(app, settings), prefix=settings.prefix)
    return TestClient(app, base_url="http://127.0.0.1:8420", cookies={"session": "secret"})


def test_unless_it_is_set_no_other_origin_is_let_in() -> None:
    http = client()
    for path in PATHS:
        refused = http.post(path, headers={"Origin": APP})
        assert (refused.status_code, "ALLOWED_ORIGINS" in refused.json()["hint"]) == (403, True)
        for answer in (refused, http.options(path, headers={"Origin": APP, **PREFLIGHT})):
            assert not [name for name in answer.headers if name.startswith("access-control")]


def test_an_origin_that_is_named_may_ask_and_read() -> None:
    http = client(APP)
    for path in PATHS:
        asked = http.options(path, headers={"Origin": APP, **PREFLIGHT})
        assert (asked.status_code, asked.content) == (204, b"")
        assert asked.headers["access-control-allow-headers"] == "authorization,x-stainless-os"
        assert "POST" in asked.headers["access-control-allow-methods"]
        answer = http.post(path, headers={"Origin": APP})
        assert answer.status_code == 200, path
        for one in (asked, answer):
            assert one.headers["access-control-allow-origin"] == APP
            assert "origin" in one.headers["vary"].lower()
            assert "access-control-allow-credentials" not in one.headers
        assert "accept" in answer.headers["vary"].lower()
        assert "X-Request-ID" in answer.headers["access-control-expose-headers"]


def test_its_cookies_are_nobodys_and_ours_are_ours() -> None:
    http = client(APP, "http://127.0.0.1:3000", "*", public_url="https://depot.example/shelf")
    for origin, cookie in (
        (APP, None), ("http://127.0.0.1:3000", None), ("http://127.0.0.1:8420", "session=secret"),
        ("https://depot.example", "session=secret"),
    ):  # fmt: skip
        assert http.post("/chat", headers={"Origin": origin}).json() == {"cookie": cookie}, origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.org.evil.example", "https://evil.example", "http://app.example.org", "null", "",
        "https://app.example.org:444", "https://sub.app.example.org", "https://app.example.org/", "app.example.org",
    ],
)  # fmt: skip
def test_only_the_very_origin_is_let_in(origin: str) -> None:
    answer = client(APP).post("/chat", headers={"Origin": origin})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_every_page_only_where_that_is_said_and_never_one_without_an_origin() -> None:
    http = client("*")
    answer = http.post("/v1/chat/completions", headers={"Origin": "https://anything.example"})
    assert answer.headers["access-control-allow-origin"] == "https://anything.example"
    assert http.post("/chat", headers={"Origin": "null"}).status_code == 403


def test_other_paths_stay_closed() -> None:
    http = client(APP)
    for path in ("/", "/chats"):
        assert http.post(path, headers={"Origin": APP}).status_code == 403
        assert "access-control-allow-origin" not in http.get(path, headers={"Origin": APP}).headers


def test_behind_a_prefix() -> None:
    http = client(APP, public_url="https://depot.example/shelf", allowed_hosts=["127.0.0.1"])
    for path in ("/shelf/v1/chat/completions", "/v1/chat/completions"):
        assert http.post(path, headers={"Origin": APP}).status_code == 200


def test_a_page_of_the_internet_may_ask_this_machine_and_odd_header_names_are_not_repeated() -> None:
    headers = {"Origin": APP, **PREFLIGHT, "Access-Control-Request-Private-Network": "true"}
    asked = client(APP).options("/chat", headers=headers | {"Access-Control-Request-Headers": "a;b"})
    assert asked.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-headers" not in asked.headers


@pytest.mark.parametrize("origin", ["app.example.org", "https://a/b", "https://", "https://*.example.org", "null", ""])
def test_what_is_no_origin_is_refused_as_a_setting(origin: str) -> None:
    with pytest.raises(ValueError, match="without a path"):
        ServerSettings(allowed_origins=[origin])


def test_settings_know_programs_and_addresses_and_any_case() -> None:
    known = ["app://obsidian.md", "http://localhost:3000", "http://[::1]:3000", "tauri://localhost", "*"]
    assert ServerSettings(allowed_origins=[one.upper() for one in known]).allowed_origins == known
