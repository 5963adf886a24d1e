"""A late route is found by its path and methods, is built once when it is needed, and answers as any other."""

from collections.abc import Sequence
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from starlette.testclient import TestClient

from steelyard.http.late import LateRoute, late_router, late_routes
from steelyard.http.templates import templates


def _is_built(route: LateRoute) -> bool:
    return "dependant" in vars(route)


@pytest.fixture
def router() -> APIRouter:
    """Two routes, of which one takes a number."""
    router = late_router(prefix="/things", tags=["things"])

    @router.get("")
    async def things(limit: Annotated[int, Query(le=10)] = 5) -> list[int]:
        """All of them."""
        return list(range(limit))

    @router.delete("/{name}", status_code=204)
    async def remove(name: str) -> None:
        """One less."""

    return router


def _app(routes: Sequence[LateRoute]) -> FastAPI:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
    app.router.routes.extend(routes)
    return app


def test_what_a_gate_asks_builds_nothing(router: APIRouter) -> None:
    routes = late_routes(router, "/api", [])
    assert list(templates(routes)) == [
        ("/api/things", frozenset({"GET"})),
        ("/api/things/{name}", frozenset({"DELETE"})),
    ]
    assert not any(map(_is_built, routes))


def test_a_request_builds_its_own_route_and_no_other(router: APIRouter) -> None:
    routes = late_routes(router, "/api", [])
    with TestClient(_app(routes)) as http:
        assert http.get("/api/things", params={"limit": 2}).json() == [0, 1]
        assert http.get("/api/things", params={"limit": 11}).status_code == 422
        assert list(map(_is_built, routes)) == [True, False]
        assert http.delete("/api/things/anvil").status_code == 204
        assert http.post("/api/things").status_code == 405
        assert http.get("/things").status_code == 404


def test_dependencies_of_the_application_come_first(router: APIRouter) -> None:
    came: list[str] = []
    own = late_router()

    @own.get("/page", dependencies=[Depends(lambda: came.append("own"))])
    async def page() -> str:
        return "page"

    with TestClient(_app(late_routes(own, "", [Depends(lambda: came.append("all"))]))) as http:
        assert http.get("/page").json() == "page"
    assert came == ["all", "own"]


def test_the_document_is_that_of_routes_that_were_built_at_once(router: APIRouter) -> None:
    at_once = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
    at_once.include_router(router, prefix="/api")
    assert _app(late_routes(router, "/api", [])).openapi() == at_once.openapi()


def test_what_no_route_has_is_missing(router: APIRouter) -> None:
    (route, _) = late_routes(router, "", [])
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = route.no_such_thing


def test_routes_of_another_kind_are_refused() -> None:
    router = APIRouter()
    router.add_api_route("/page", lambda: "page")
    with pytest.raises(TypeError, match=r"late_router\(\)"):
        late_routes(router, "", [])
