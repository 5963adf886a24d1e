"""NUL in addresses."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from steelyard.http.nul import NoNul


async def _echo(request: Request) -> Response:
    return PlainTextResponse(request.path_params["name"])


@pytest.mark.parametrize(
    ("address", "status"),
    [("/things/a", 200), ("/things/a%2500", 200), ("/things/a?q=00", 200), ("/things/%00", 422),
     ("/things/a%00b", 422), ("/things/a?q=%00", 422), ("/things/a?%00=1", 422)],
)  # fmt: skip
async def test_no_address_with_a_nul_gets_through(address: str, status: int) -> None:
    app = NoNul(Starlette(routes=[Route("/things/{name}", _echo)]))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        answer = await http.get(address)
    assert answer.status_code == status
    if status == 422:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "%00" in answer.json()["hint"]
