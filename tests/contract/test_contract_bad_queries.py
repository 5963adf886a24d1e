"""Bad queries of every GET: a clear 4xx, or an honest empty answer."""

import pytest

from tests.contract.problems import assert_problem
from tests.flows.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = "a" * 10_000
LISTS = ("/jobs", "/api/models", "/api/v1/models", "/api/v1/downloads/history", "/api/v1/downloads/history/user/alice",
         "/api/v1/downloads/history/ip/127.0.0.1", "/api/models/org/small/files")  # fmt: skip
BAD_PAGES = ["limit=0", "limit=-1", "limit=1001", "limit=99999999999999999999", "limit=x", "limit=", "limit=1.5",
             "offset=-1", "offset=99999999999999999999999", "offset=x", "unknown=1", "Limit=5", "limit=%ff",
             "limit=\u0661x", "offset=1e3", "limit=NaN", "limit=0x10", "limit=%00"]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("query", BAD_PAGES)
async def test_a_page_that_cannot_be(house: House, path: str, query: str) -> None:
    assert assert_problem(await house.http.get(f"{path}?{query}"))["status"] == 422


@pytest.mark.parametrize("path", LISTS)
async def test_far_behind_the_end_is_an_empty_page(house: House, path: str) -> None:
    answer = await house.get(path, limit=1000, offset=10**12)
    assert [value for value in answer.values() if isinstance(value, list)] == [[]]
    assert answer["count"] >= 0


@pytest.mark.parametrize(
    "address",
    [
        "/jobs?status=absent", "/jobs?status=", "/jobs?status=RUNNING", f"/jobs?model={LONG}", f"/jobs?user={LONG}",
        "/api/models?status=absent", "/api/models?sort=absent", f"/api/models?q={LONG}", f"/api/models?owner={LONG}",
        "/api/v1/downloads/history?status=absent", "/api/v1/downloads/history?since=yesterday",
        "/api/v1/downloads/history?until=99999-01-01", "/api/v1/downloads/history?since=",
        "/api/v1/downloads/history?format=parquet", f"/api/v1/downloads/history?since={LONG}",
        "/api/models/exists", "/api/models/exists?model=", "/api/models/exists?model=../../etc/passwd",
        f"/api/models/exists?model={LONG}", "/api/models/exists?model=org/small&unknown=1",
        "/api/models/org/small/exists?revision=../x", f"/api/models/org/small/exists?file={LONG}",
        "/api/models/org/small/exists?unknown=1", "/jobs?status=queued&status=absent",
    ],
)  # fmt: skip
async def test_a_filter_that_cannot_be(house: House, address: str) -> None:
    assert assert_problem(await house.http.get(address))["status"] == 422


# Odd values of a filter that are only text: they match nothing.
@pytest.mark.parametrize("value", ["%00", "%ff", "%27%20OR%201=1--", "%25", "_", "%F0%9F%98%80", "%ED%A0%80", "'", '"'])
@pytest.mark.parametrize(
    "address", ["/jobs?model=", "/jobs?kind=", "/jobs?user=", "/api/models?q=", "/api/models?owner=",
    "/api/models?source=",
                "/api/models?format=", "/api/models/org/small/exists?file="],
)  # fmt: skip
async def test_an_odd_filter_matches_nothing(house: House, address: str, value: str) -> None:
    answer = await house.http.get(address + value)
    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 200:
        body = answer.json()
        assert body.get("count", 0) == 0
        assert body.get("exists", False) is False


STRAY = ["/jobs/x", "/api/v1/downloads/request/x", "/api/models/org/small", "/api/models/org/small/stats", "/api/stats",
         "/health", "/health/live", "/health/ready"]  # fmt: skip


@pytest.mark.parametrize("path", STRAY)
async def test_a_query_that_the_route_does_not_know(house: House, path: str) -> None:
    problem = assert_problem(await house.http.get(f"{path}?unknown=1"))
    assert problem["status"] == 422
    assert "unknown" in problem["detail"]


async def test_a_post_with_a_query_it_does_not_know(house: House) -> None:
    for path in ("/pull", "/api/models/download", "/jobs/x/cancel"):
        body = {"model": "org/small", "username": "alice"}
        assert assert_problem(await house.http.post(f"{path}?unknown=1", json=body))["status"] in {404, 422}
