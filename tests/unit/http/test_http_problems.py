"""Errors on the wire: one shape for all, with the next step and nothing internal."""

import json
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import FastAPI, Query
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from steelyard.app import build  # noqa: F401 - brings in the errors of every room
from steelyard.core.errors import NotFound, SteelyardError, TooManyRequests, Unavailable
from steelyard.http import problems
from steelyard.http.paging import PageQuery, page
from steelyard.http.problems import from_error
from steelyard.http.requestid import RequestId
from steelyard.http.settings import ServerSettings


class Wish(BaseModel):
    """A body with a secret in it."""

    model_config = ConfigDict(extra="forbid")

    token: SecretStr
    number: int = 0

    @field_validator("number")
    @classmethod
    def _is_small(cls, value: int) -> int:
        if value > 10:
            raise ValueError("write a number up to 10")
        return value


def _app() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(RequestId)

    @app.post("/wish")
    async def wish(body: Wish) -> None:
        return None

    @app.get("/list")
    async def list_all(query: Annotated[PageQuery, Query()]) -> JSONResponse:
        return page("things", 5, range(query.offset, query.offset + query.limit))

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the password is swordfish")

    @app.get("/missing")
    async def missing() -> None:
        raise NotFound("No anvil here.", hint="Look in the forge.")

    @app.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418, "short and stout", headers={"X-Tea": "yes"})

    return app


@pytest.fixture
def client() -> Iterator[TestClient]:
    """An application with every kind of failure."""
    with TestClient(_app(), raise_server_exceptions=False) as client:
        yield client


def _every_error(root: type[SteelyardError]) -> list[type[SteelyardError]]:
    return [root, *(error for child in root.__subclasses__() for error in _every_error(child))]


def test_every_error_of_ours_becomes_the_same_shape() -> None:
    for kind in _every_error(SteelyardError):
        answer = from_error(kind("What happened.", hint="What to do."))
        body = _body(bytes(answer.body))
        assert answer.status_code == kind.status == body["status"]
        assert answer.media_type == "application/problem+json"
        assert body == {
            "type": f"urn:steelyard:problem:{kind.slug}", "title": kind.title, "status": kind.status,
            "detail": "What happened.", "hint": "What to do.",
        }  # fmt: skip


def test_without_a_next_step_there_is_no_hint() -> None:
    assert "hint" not in _body(bytes(from_error(NotFound("gone")).body))


@pytest.mark.parametrize(("seconds", "header"), [(0.0, "1"), (0.2, "1"), (1.0, "1"), (1.1, "2"), (55, "55")])
def test_retry_after_is_whole_seconds_and_never_too_early(seconds: float, header: str) -> None:
    assert from_error(Unavailable("later", retry_after=seconds)).headers["Retry-After"] == header
    assert "Retry-After" not in from_error(TooManyRequests("later")).headers


def test_an_error_of_ours_leaves_as_a_problem(client: TestClient) -> None:
    answer = client.get("/missing")
    assert answer.status_code == 404
    assert answer.json()["hint"] == "Look in the forge."


def test_an_invalid_request_names_its_fields_and_never_repeats_them(client: TestClient) -> None:
    answer = client.post("/wish", json={"token": ["swordfish"], "number": 11, "swordfish" * 20: 1})
    assert answer.status_code == 422
    body = answer.json()
    assert body["hint"]
    assert {fault["field"] for fault in body["errors"]} == {"token", "number", ("swordfish" * 20)[:60]}
    assert ["swordfish"] not in body.values()
    assert all(set(fault) == {"field", "message"} for fault in body["errors"])
    assert "write a number up to 10" in answer.text
    assert "['swordfish']" not in answer.text


def test_a_body_with_many_faults_is_answered_with_the_first(client: TestClient) -> None:
    answer = client.post("/wish", json={"token": "a"} | {str(number): 1 for number in range(5000)})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 5
    assert len(answer.content) < 2000


def test_a_body_that_is_no_json_is_a_problem_too(client: TestClient) -> None:
    answer = client.post("/wish", content=b"{swordfish", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert "swordfish" not in answer.text


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "offset=-1", "offset=9999999999999999", "page=2"]
)
def test_lists_have_limits_and_know_their_parameters(client: TestClient, query: str) -> None:
    answer = client.get(f"/list?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_has_the_total_and_its_items(client: TestClient) -> None:
    assert client.get("/list?limit=2&offset=1").json() == {"count": 5, "things": [1, 2]}
    assert len(client.get("/list?limit=1000").json()["things"]) == 1000


def test_unknown_paths_and_methods_are_problems(client: TestClient) -> None:
    assert client.get("/nowhere").json() == {
        "type": "about:blank", "title": "Not found", "status": 404, "detail": "Not Found",
        "hint": "GET /docs lists every route.",
    }  # fmt: skip
    answer = client.delete("/list")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_other_http_errors_keep_their_headers(client: TestClient) -> None:
    answer = client.get("/teapot")
    assert (answer.status_code, answer.headers["x-tea"], answer.json()["detail"]) == (418, "yes", "short and stout")


def test_an_unexpected_error_shows_nothing_of_itself(client: TestClient) -> None:
    answer = client.get("/broken", headers={"x-request-id": "find-me"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(":internal-error")
    assert "swordfish" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["x-request-id"] == "find-me", "the answer tells people to look for this id in the log"


@pytest.mark.parametrize(
    "url", ["models.example.org", "ftp://x.example", "https://", "https://a.example/?x", "https://a#b"]
)
def test_a_public_address_is_an_address(url: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        ServerSettings(public_url=url)


def test_the_prefix_is_the_path_of_the_public_address() -> None:
    assert ServerSettings(public_url="https://a.example/depot/").prefix == "/depot"
    assert ServerSettings(public_url="https://a.example/").prefix == ""
    assert ServerSettings().prefix == ""
    with pytest.raises(ValueError, match="does not appear"):
        ServerSettings(trusted_proxies=["nonsense"])


def _body(raw: bytes) -> dict[str, object]:
    body: dict[str, object] = json.loads(raw)
    return body
