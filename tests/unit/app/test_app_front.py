"""What stands in front of FastAPI, and its layers."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from steelyard.app.front import DepotApp, around


class Named:
    """A layer that says that it was passed."""

    def __init__(self, app: ASGIApp, name: str, passed: list[str]) -> None:
        self._app = app
        self._name = name
        self._passed = passed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._passed.append(self._name)
        await self._app(scope, receive, send)


def app_with(*fronts: Callable[[ASGIApp], ASGIApp]) -> DepotApp:
    """One route, behind these."""
    app = DepotApp()

    @app.get("/")
    async def here() -> str:
        return "here"

    for front in fronts:
        app.stand_behind(front)
    return app


def test_the_last_one_put_in_front_is_passed_first() -> None:
    passed: list[str] = []
    app = app_with(lambda inner: Named(inner, "inner", passed), lambda inner: Named(inner, "outer", passed))
    assert TestClient(app).get("/").json() == "here"
    assert passed == ["outer", "inner"]


def test_without_anything_in_front_it_is_fastapi() -> None:
    assert TestClient(app_with()).get("/").json() == "here"


def test_the_first_layer_of_a_list_is_the_outermost() -> None:
    passed: list[str] = []
    layers = [Middleware(Named, "one", passed), Middleware(Named, "two", passed)]
    assert TestClient(app_with(around(layers))).get("/").json() == "here"
    assert passed == ["one", "two"]


def test_starting_and_stopping_are_fastapi_s_own() -> None:
    passed: list[str] = []
    with TestClient(app_with(lambda inner: Named(inner, "front", passed))):
        assert passed == []
