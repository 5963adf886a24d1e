"""The path prefix, whether or not a proxy took it off."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from steelyard.http.prefix import PathPrefix, complete


@pytest.mark.parametrize(
    ("path", "completed"),
    [
        ("/", "/depot/"), ("/jobs", "/depot/jobs"), ("/depot", "/depot"), ("/depot/", "/depot/"),
        ("/depot/jobs", "/depot/jobs"), ("/depots", "/depot/depots"),
    ],
)  # fmt: skip
def test_the_path_always_has_it(path: str, completed: str) -> None:
    assert complete(path, "/depot") == completed


@pytest.mark.parametrize("path", ["/jobs", "/depot/jobs"])
def test_routes_are_found_and_links_have_the_prefix(path: str) -> None:
    async def jobs(request: Request) -> JSONResponse:
        return JSONResponse([request.scope["root_path"], request.url_for("jobs").path])

    app = PathPrefix(Starlette(routes=[Route("/jobs", jobs, name="jobs")]), "/depot")
    with TestClient(app) as client:
        assert client.get(path).json() == ["/depot", "/depot/jobs"]


def test_without_a_prefix_nothing_changes() -> None:
    async def jobs(request: Request) -> JSONResponse:
        return JSONResponse([request.scope.get("root_path", ""), request.url.path])

    with TestClient(PathPrefix(Starlette(routes=[Route("/jobs", jobs)]), "")) as client:
        assert client.get("/jobs").json() == ["", "/jobs"]
