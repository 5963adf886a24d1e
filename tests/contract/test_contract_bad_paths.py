"""Unknown ids, paths that lead nowhere, methods and headers that make no sense."""

import pytest

from tests.contract.problems import assert_problem, assert_well
from tests.flows.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = "a" * 10_000
IDS = ["absent", "a" * 101, LONG, "%00", "%ff", "..%2F..%2Fetc%2Fpasswd", "%ED%A0%80", "'--", "%F0%9F%98%80", "%2e%2e"]


@pytest.mark.parametrize("name", IDS)
async def test_an_unknown_id(house: House, name: str) -> None:
    gets = ["/jobs/{}", "/jobs/{}/events", "/api/v1/downloads/request/{}", "/api/models/{}", "/api/models/{}/stats",
            "/api/models/{}/files", "/api/v1/models/{}"]  # fmt: skip
    posts = [f"/jobs/{{}}/{verb}" for verb in ("cancel", "pause", "resume", "retry")]
    posts.append("/api/v1/downloads/request/{}/cancel")
    for form in gets:
        assert assert_problem(await house.http.get(form.format(name)))["status"] in {404, 422}, form
    for form in posts:
        assert assert_problem(await house.http.post(form.format(name)))["status"] in {404, 422}, form
    assert assert_problem(await house.http.delete(f"/jobs/{name}"))["status"] in {404, 422}
    await assert_well(house)


@pytest.mark.parametrize("name", IDS)
async def test_an_unknown_person_or_address_has_no_history(house: House, name: str) -> None:
    for form in ("/api/v1/downloads/history/user/{}", "/api/v1/downloads/history/ip/{}"):
        answer = await house.http.get(form.format(name))
        assert answer.status_code in {200, 404, 422}, answer.text
        if answer.status_code == 200:
            assert answer.json() == {"count": 0, "requests": []}


@pytest.mark.parametrize(
    "path",
    [
        "/api/models/../../etc/passwd", "/api/models/..%2f..%2fetc%2fpasswd", "/api/models/a%2F..%2Fb",
        "/api/models/a/b/c/d",
        "/api/models/%2e%2e/%2e%2e", "/api/models//", "/api/models/", "/api/models/%00", "/api/models/org/small/verify",
        "/api/models/org/small/restore", "/static/../app.py", "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/app.py", "/absent", "/api/absent", f"/{LONG}",
    ],
)  # fmt: skip
async def test_a_path_that_leads_nowhere(house: House, path: str) -> None:
    answer = await house.http.get(path)
    assert_problem(await house.http.get(answer.headers["location"]) if answer.is_redirect else answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/pull"), ("PUT", "/pull"), ("DELETE", "/api/models"), ("POST", "/jobs"), ("PATCH", "/jobs/x"),
     ("POST", "/health"),
     ("TRACE", "/jobs"), ("BREW", "/pull"), ("POST", "/api/stats")],
)  # fmt: skip
async def test_a_method_that_is_not_there(house: House, method: str, path: str) -> None:
    assert assert_problem(await house.http.request(method, path))["status"] in {404, 405}


@pytest.mark.parametrize(
    "name", [b"", b" ", b"a" * 129, b"\xff\xfe", b"%FF", b"%00", b"a%0Ab", b"%", b"%ED%A0%80", b"%E2%80%AEecila"]
)
async def test_a_user_header_that_names_nobody(house: House, name: bytes) -> None:
    headers = [(b"X-Steelyard-User", name), (b"Content-Type", b"application/json")]
    for path in ("/pull", "/api/models?owner=me"):
        method = "POST" if path == "/pull" else "GET"
        answer = await house.http.request(
            method, path, headers=headers, content=b'{"model": "org/small"}' if method == "POST" else b""
        )
        assert answer.status_code in {200, 422}, answer.text
        if answer.status_code == 422:
            assert_problem(answer)
    assert (await house.http.get("/api/models", headers=headers)).status_code in {200, 422}
    await assert_well(house)


@pytest.mark.parametrize(
    "headers",
    [{"User-Agent": "x" * 5000}, {"Accept": "\x7f"}, {"X-Request-ID": "x" * 5000}, {"Content-Length": "abc"},
     {"Cookie": "a" * 9000},
     {"Range": "bytes=5-1"}, {"If-None-Match": "*"}, {"Accept-Encoding": "xz"}, {"Expect": "100-continue"}],
)  # fmt: skip
async def test_odd_headers(house: House, headers: dict[str, str]) -> None:
    for path in ("/api/models", "/health", "/jobs", "/"):
        assert (await house.http.get(path, headers=headers)).status_code < 500
