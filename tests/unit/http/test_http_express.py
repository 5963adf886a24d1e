"""Addresses that are found in one look."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.http.express import Express


async def often(request: Request) -> Response:
    """What stands in the scope is as the router has it."""
    route = request.scope["route"]
    return PlainTextResponse(f"express {route.path_format} {(await request.body()).decode()}")


async def seldom(request: Request) -> Response:
    return PlainTextResponse(f"router {request.path_params['name']}")


ROUTES = [Route("/often", often, methods=["POST"]), Route("/seldom/{name}", seldom, methods=["GET"])]


async def elsewhere(_request: Request) -> Response:
    return PlainTextResponse("elsewhere")


def client(prefix: str = "") -> TestClient:
    """An application that would answer otherwise."""
    inner = Starlette(routes=[Route("/often", elsewhere, methods=["GET", "POST"]), ROUTES[1]])
    return TestClient(Express(inner, ROUTES), root_path=prefix)


def test_its_routes_are_answered_without_the_router() -> None:
    assert client().post("/often", content="now").text == "express /often now"


def test_another_method_and_parameters_are_the_router_s() -> None:
    assert client().get("/often").text == "elsewhere"
    assert client().get("/seldom/one").text == "router one"
    assert client().post("/often/", follow_redirects=False).status_code == 307


def test_the_prefix_of_the_public_address_is_no_part_of_it() -> None:
    assert client("/models").post("/models/often", content="now").text == "express /often now"


def test_a_body_that_has_to_be_counted_takes_the_long_way() -> None:
    assert client().post("/often", content="x" * 200_001).text == "elsewhere"
    assert client().post("/often", content=iter([b"one", b"two"])).text == "elsewhere"  # nobody says how long it is
    assert client().post("/often").text == "elsewhere"


def test_so_does_an_address_with_a_nul() -> None:
    assert client().post("/often?a=%00", content="now").text == "elsewhere"


def test_layers_stand_around_what_is_answered_here_alone() -> None:
    class Marked:
        def __init__(self, app: ASGIApp) -> None:
            self._app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def marked(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message["headers"], (b"x-layer", b"1")]}
                await send(message)

            await self._app(scope, receive, marked)

    inner = Starlette(routes=[Route("/often", elsewhere, methods=["GET", "POST"])])
    layered = TestClient(Express(inner, ROUTES, Marked))
    assert layered.post("/often", content="now").headers["x-layer"] == "1"
    assert "x-layer" not in layered.get("/often").headers
