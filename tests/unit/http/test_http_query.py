"""A route without query parameters refuses them; the others do so by their models."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx2
import pytest
from fastapi import Depends, FastAPI, Query

from steelyard.http import problems
from steelyard.http.paging import PageQuery
from steelyard.http.query import no_stray_query


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """Two routes of an application that minds its queries."""
    app = FastAPI(dependencies=[Depends(no_stray_query)])
    problems.install(app)

    @app.get("/plain")
    async def plain() -> str:
        return "plain"

    @app.get("/listed")
    async def listed(query: Annotated[PageQuery, Query()]) -> int:
        return query.limit

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        yield http


async def test_what_a_route_knows_is_fine(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/plain")).status_code == 200
    assert (await http.get("/listed", params={"limit": 7})).json() == 7


@pytest.mark.parametrize("path", ["/plain", "/listed"])
async def test_what_it_does_not_know_is_refused_and_named(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.get(path, params={"limmit": 7})
    assert answer.status_code == 422
    assert "limmit" in answer.text


async def test_a_long_name_is_not_repeated_in_full(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/plain", params={"x" * 500: 1})
    assert answer.status_code == 422
    assert "x" * 61 not in answer.text
