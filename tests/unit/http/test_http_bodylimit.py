"""A body beyond the ceiling is refused, announced or not, before anybody holds it."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from steelyard.http import problems
from steelyard.http.bodylimit import MAX_BRACKETS, MAX_BYTES, MAX_COMMAS, MAX_ROOMY_BYTES, BodyLimit

PIECE = 64 * 1024


class Body(BaseModel):
    """What the route reads."""

    text: str


@pytest.fixture
def app() -> FastAPI:
    """One route that FastAPI reads the body for, and one that reads it itself."""
    app = FastAPI()
    problems.install(app)
    app.add_middleware(BodyLimit)

    @app.post("/parsed")
    async def parsed(body: Body) -> int:
        return len(body.text)

    @app.post("/raw")
    async def raw(request: Request) -> Response:
        return JSONResponse(len(await request.body()))

    return app


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        yield http


def body_of(size: int) -> bytes:
    """JSON with exactly so many bytes."""
    frame = b'{"text":""}'
    return frame[:9] + b"x" * (size - len(frame)) + frame[9:]


def assert_too_large(answer: httpx2.Response) -> None:
    """A problem of ours."""
    assert answer.status_code == 413, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:steelyard:problem:body-too-large"
    assert answer.json()["hint"]


@pytest.mark.parametrize("path", ["/parsed", "/raw"])
async def test_an_announced_body(http: httpx2.AsyncClient, path: str) -> None:
    headers = {"content-type": "application/json"}
    assert_too_large(await http.post(path, content=body_of(MAX_BYTES + 1), headers=headers))
    assert (await http.post(path, content=body_of(MAX_BYTES), headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/parsed", "/raw"])
async def test_a_body_in_pieces_without_a_length(http: httpx2.AsyncClient, path: str) -> None:
    headers = {"content-type": "application/json"}
    assert_too_large(await http.post(path, content=pieces(MAX_BYTES + 1), headers=headers))
    assert (await http.post(path, content=pieces(MAX_BYTES), headers=headers)).status_code == 200


async def pieces(size: int) -> AsyncIterator[bytes]:
    """The body as a client streams it."""
    whole = body_of(size)
    for start in range(0, size, PIECE):
        yield whole[start : start + PIECE]


async def test_no_more_is_read_than_the_ceiling() -> None:
    read = 0

    async def receive() -> Message:
        nonlocal read
        read += PIECE
        return {"type": "http.request", "body": bytes(PIECE), "more_body": True}

    answered = await answer(receive, headers=[])
    assert answered[0]["status"] == 413
    assert read <= MAX_BYTES + PIECE


async def test_an_announced_length_is_refused_unread() -> None:
    async def receive() -> Message:
        raise AssertionError("nothing shall be read")

    answered = await answer(receive, headers=[(b"content-length", b"%d" % (MAX_BYTES + 1))])
    assert answered[0]["status"] == 413


async def answer(receive: Receive, headers: list[tuple[bytes, bytes]]) -> list[Message]:
    """What an application that reads for ever sends behind the limit."""
    sent: list[Message] = []

    async def reads_on(_scope: Scope, receive: Receive, _send: Send) -> None:
        while True:
            await receive()

    async def send(message: Message) -> None:
        sent.append(message)

    await BodyLimit(reads_on)({"type": "http", "headers": headers}, receive, send)
    return sent


@pytest.mark.parametrize("length", [b"-1", b"", b"1e9", b"0x10"])
async def test_what_is_no_length_is_counted(length: bytes) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": bytes(PIECE), "more_body": True}

    assert (await answer(receive, headers=[(b"content-length", length)]))[0]["status"] == 413


async def test_some_routes_take_what_comes_piece_by_piece() -> None:
    read: list[tuple[str, str, int]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        read.append((scope["method"], scope["path"], size))
        await JSONResponse(size)(scope, receive, send)

    limited = BodyLimit(app, unbounded=[("PUT", re.compile("/bytes/[^/]+"))])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=limited), base_url="http://127.0.0.1") as http:
        assert (await http.put("/bytes/a", content=bytes(2 * MAX_BYTES))).status_code == 200
        assert (await http.post("/bytes/a", content=bytes(2 * MAX_BYTES))).status_code == 413
        assert (await http.put("/bytes/a/b", content=bytes(2 * MAX_BYTES))).status_code == 413
        assert (await http.put("/x/bytes/a", content=bytes(2 * MAX_BYTES))).status_code == 413
    assert read == [("PUT", "/bytes/a", 2 * MAX_BYTES)]


async def test_roomy_routes_take_more() -> None:
    async def length(request: Request) -> Response:
        return JSONResponse(len(await request.body()))

    roomy = (("POST", re.compile("/chat")),)
    app = BodyLimit(Starlette(routes=[Route("/{path}", length, methods=["POST"])]), roomy=roomy)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        sizes = {
            path: (await http.post(path, content=b"x" * (MAX_BYTES + 1))).status_code for path in ("/chat", "/pull")
        }
        assert sizes == {"/chat": 200, "/pull": 413}
        beyond = await http.post("/chat", headers={"content-length": str(MAX_ROOMY_BYTES + 1)}, content=b"")
        assert beyond.status_code == 413


@pytest.mark.parametrize("value", [b"[],", b"{},"])
async def test_more_values_than_anybody_means_are_not_parsed(http: httpx2.AsyncClient, value: bytes) -> None:
    for path in ("/parsed", "/raw"):
        answer = await http.post(path, content=b"[" + value * MAX_BRACKETS + b"1]")
        assert_too_large(answer)
        assert "values" in answer.json()["detail"]
    assert (await http.post("/raw", content=value * MAX_BRACKETS)).status_code == 200


async def test_commas_of_numbers_count_and_those_of_texts_do_not(http: httpx2.AsyncClient) -> None:
    numbers = b"[0" + b",0" * MAX_COMMAS + b"]"
    assert (await http.post("/raw", content=numbers)).status_code == 200
    assert_too_large(await http.post("/raw", content=b"[" + numbers + b",0]"))
    text = b'{"text":"' + b'one,[{\\",' * (MAX_BYTES // 12) + b'"}'
    assert text.count(b",") > 150_000
    assert (await http.post("/raw", content=text)).status_code == 200
