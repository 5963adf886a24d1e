"""The patterns of an application, as its own router goes through them."""

from fastapi import APIRouter, FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from steelyard.http.templates import templates


def test_routes_come_in_their_order_with_the_prefix_of_their_router() -> None:
    async def answer() -> None: ...

    app, inner, outer = (
        FastAPI(openapi_url=None, docs_url=None, redoc_url=None),
        APIRouter(),
        APIRouter(prefix="/outer"),
    )
    inner.add_api_route("/{name:path}/end", answer, methods=["POST"])
    inner.add_api_route("/{name:path}", answer, methods=["GET", "DELETE"])
    outer.include_router(inner, prefix="/inner")
    for prefix in ("/a", "/b"):
        app.include_router(outer, prefix=prefix)
    app.router.routes.append(Route("/page", lambda _: PlainTextResponse(""), methods=["GET"]))
    assert [(path, set(methods)) for path, methods in templates(app.routes)] == [
        ("/a/outer/inner/{name:path}/end", {"POST"}),
        ("/a/outer/inner/{name:path}", {"GET", "DELETE"}),
        ("/b/outer/inner/{name:path}/end", {"POST"}),
        ("/b/outer/inner/{name:path}", {"GET", "DELETE"}),
        ("/page", {"GET", "HEAD"}),
    ]
