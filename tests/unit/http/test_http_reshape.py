"""Problems in a protocol's own shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from steelyard.core.errors import TooManyRequests
from steelyard.http.problems import from_error
from steelyard.http.reshape import Reshape


@dataclass
class Refused:
    """As a protocol has it."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def shaped(status: int, problem: Mapping[str, Any]) -> Refused:
    return Refused(418, {"told": problem["detail"], "was": status}, {"Retry-After": "99", "X-Ours": "yes"})


async def ask(app: ASGIApp, path: str) -> httpx2.Response:
    around = Reshape(app, [(lambda one: one.startswith("/theirs"), shaped)])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=around), base_url="http://127.0.0.1") as http:
        return await http.get(path)


async def test_a_problem_is_told_in_their_shape() -> None:
    answer = await ask(from_error(TooManyRequests("Too soon.", retry_after=7)), "/theirs/x")
    assert (answer.status_code, answer.json()) == (418, {"told": "Too soon.", "was": 429})
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["retry-after"], answer.headers["x-ours"]) == ("7", "yes")
    assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(
    ("app", "path"),
    [
        (from_error(TooManyRequests("Too soon.")), "/others"),
        (JSONResponse({"detail": "mine"}, 429), "/theirs"),
        (Response(b"plain"), "/theirs"),
    ],
)
async def test_everything_else_passes_as_it_is(app: Response, path: str) -> None:
    answer = await ask(app, path)
    assert (answer.status_code, answer.content) == (app.status_code, app.body)
