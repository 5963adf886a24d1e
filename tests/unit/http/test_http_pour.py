"""Stored files as answers: which bytes, which headers, and what is closed behind them."""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import Message as HeaderLines
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from steelyard.http.accel import Accel
from steelyard.http.opening import FileGone
from steelyard.http.pour import CHUNK, LAST, FileAnswer, Pour, file_threads
from steelyard.http.requestid import RequestId
from steelyard.http.transfer import FileShrank
from steelyard.http.zerocopy import EXTENSION, ZeroCopyProtocol
from tests.unit.http.serving import Served, make_file, served

SIZE = 3_000_017
ETAG = '"3f2a"'
Make = Callable[[Request], Response]
PROTOCOLS = (ZeroCopyProtocol, HttpToolsProtocol)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: HeaderLines
    body: bytes


@pytest.fixture(params=PROTOCOLS, ids=["zero copy", "chunks"])
def protocol(request: pytest.FixtureRequest) -> type[asyncio.Protocol]:
    """A server that knows the extension, and one that does not."""
    kind: type[asyncio.Protocol] = request.param
    return kind


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def app_of(make: Make) -> RequestId:
    """One route, the way routes are answered in the depot."""
    return RequestId(Starlette(routes=[Route("/", _endpoint(make))]))


def _endpoint(make: Make) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return make(request)

    return answer


def ask(server: Served, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
    """One request on a connection of its own."""
    client = server.client()
    try:
        client.request(method, "/", headers=headers or {})
        answer = client.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        client.close()


def stored(path: Path, **more: Any) -> Make:
    """The file as an answer, made anew for each request."""
    size = path.stat().st_size
    return lambda _request: FileAnswer(path, size=size, etag=ETAG, headers={"X-Repo-Commit": "c0ffee"}, **more)


@pytest.mark.parametrize("size", [0, 1, LAST - 1, LAST, LAST + 1, CHUNK, CHUNK + LAST, SIZE])
def test_a_file_is_served_whole(path: Path, protocol: type[asyncio.Protocol], size: int) -> None:
    content = make_file(path, size)
    with served(app_of(stored(path)), protocol) as server:
        answer = ask(server, {"Accept-Encoding": "gzip"})
    assert (answer.status, answer.body) == (200, content)
    assert answer.headers["etag"] == ETAG
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(size)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-repo-commit"] == "c0ffee"
    assert answer.headers["content-encoding"] is None


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-100000", 0, 100_001),
        (f"bytes={CHUNK - 3}-{2 * CHUNK + 3}", CHUNK - 3, 2 * CHUNK + 4),
        ("bytes=2000000-", 2_000_000, SIZE),
        ("bytes=0-", 0, SIZE),
        ("bytes=-5", SIZE - 5, SIZE),
        ("bytes=2999999-99999999999", 2_999_999, SIZE),
    ],
)
def test_a_part_is_served(path: Path, protocol: type[asyncio.Protocol], asked: str, start: int, stop: int) -> None:
    content = make_file(path, SIZE)
    with served(app_of(stored(path)), protocol) as server:
        for headers in ({"Range": asked}, {"Range": asked, "If-Range": ETAG}):
            answer = ask(server, headers)
            assert (answer.status, answer.body) == (206, content[start:stop])
            assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
            assert answer.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-5", "If-Range": '"other"'},
        {"Range": "bytes=0-5", "If-Range": f"W/{ETAG}"},
        {"Range": "bytes=0-5", "If-Range": "Wed, 21 Oct 2015 07:28:00 GMT"},
        {"Range": "bytes=0-1,4-5"},
        {"Range": "pages=1-2"},
        {"If-None-Match": '"other"'},
    ],
)
def test_what_cannot_be_a_part_is_served_whole(path: Path, headers: dict[str, str]) -> None:
    content = make_file(path, SIZE)
    with served(app_of(stored(path)), ZeroCopyProtocol) as server:
        answer = ask(server, headers)
    assert (answer.status, answer.body) == (200, content)
    assert answer.headers["content-range"] is None


def test_a_range_behind_the_end_is_refused_with_the_size(path: Path) -> None:
    make_file(path, SIZE)
    with served(app_of(stored(path)), ZeroCopyProtocol) as server:
        answer = ask(server, {"Range": f"bytes={SIZE}-"})
    assert answer.status == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-repo-commit"] == "c0ffee"
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_whoever_has_it_is_told_so(path: Path, method: str) -> None:
    make_file(path, SIZE)
    with served(app_of(stored(path)), ZeroCopyProtocol) as server:
        answer = ask(server, {"If-None-Match": f'"x", {ETAG}', "Range": "bytes=5-"}, method)
    assert (answer.status, answer.body) == (304, b"")
    assert (answer.headers["etag"], answer.headers["x-repo-commit"]) == (ETAG, "c0ffee")
    assert answer.headers["content-length"] is None


def test_head_tells_all_and_opens_nothing(tmp_path: Path) -> None:
    make: Make = lambda _request: FileAnswer(tmp_path / "gone", size=7, etag=ETAG)  # noqa: E731 - like `stored`
    with served(app_of(make), ZeroCopyProtocol) as server:
        answer = ask(server, {"Range": "bytes=1-2"}, "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert (answer.headers["content-length"], answer.headers["accept-ranges"]) == ("7", "bytes")


def test_a_connection_lives_on(path: Path, protocol: type[asyncio.Protocol]) -> None:
    content = make_file(path, SIZE)
    with served(app_of(stored(path)), protocol) as server:
        client = server.client()
        for start in (0, 1_000_000, 2_999_000):
            client.request("GET", "/", headers={"Range": f"bytes={start}-"})
            assert client.getresponse().read() == content[start:]
        client.close()
        assert server.server.server_state.total_requests == 3


def test_many_read_parts_at_once(path: Path, protocol: type[asyncio.Protocol]) -> None:
    content = make_file(path, SIZE)
    starts = [number * 10_007 for number in range(200)]

    def read(start: int) -> bytes:
        return server.get("/", {"Range": f"bytes={start}-{start + 300_000}"})

    with (
        file_threads() as threads,
        served(app_of(stored(path, executor=threads)), protocol) as server,
        ThreadPoolExecutor(200) as readers,
    ):
        bodies = list(readers.map(read, starts))
    assert all(body == content[start : start + 300_001] for body, start in zip(bodies, starts, strict=True))


def test_a_client_that_leaves_is_told_to_nobody(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_file(path, 64_000_000)

    def make(_request: Request) -> Response:
        return FileAnswer(os.open(path, os.O_RDONLY), size=64_000_000, etag=ETAG)

    before = _open_files(path)
    with served(app_of(make), ZeroCopyProtocol) as server:
        with server.connect() as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            peer.recv(100_000)
        assert ask(server, method="HEAD").status == 200
    assert _open_files(path) == before
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200), ("HEAD", {}, 200), ("GET", {"Range": "bytes=5-9"}, 206), ("GET", {"Range": "bytes=99-"}, 416),
        ("GET", {"If-None-Match": ETAG}, 304),
    ],
)  # fmt: skip
def test_a_descriptor_is_closed_whatever_the_answer(
    path: Path, protocol: type[asyncio.Protocol], method: str, headers: dict[str, str], status: int
) -> None:
    make_file(path, 10)
    descriptors = []

    def make(_request: Request) -> Response:
        descriptors.append(os.open(path, os.O_RDONLY))
        return FileAnswer(descriptors[-1], size=10, etag=ETAG)

    before = _open_files(path)
    with served(app_of(make), protocol) as server:
        assert ask(server, headers, method).status == status
    assert len(descriptors) == 1
    assert _open_files(path) == before


async def test_a_file_that_is_gone_is_an_error_before_the_answer(tmp_path: Path) -> None:
    sent = Sent()
    with pytest.raises(FileGone) as missing:
        await FileAnswer(tmp_path / "secret" / "gone", size=7, etag=ETAG)(scope_of(), nothing, sent)
    assert sent.messages == []
    assert "secret" not in missing.value.detail


async def test_a_file_that_was_cut_is_an_error_before_the_answer(path: Path) -> None:
    make_file(path, SIZE)
    sent = Sent()
    with pytest.raises(FileShrank):
        await FileAnswer(path, size=SIZE + 1, etag=ETAG)(scope_of(), nothing, sent)
    assert sent.messages == []


class Sent:
    """A server's ``send`` that keeps everything."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    def column(self, name: str) -> Sequence[Any]:
        """One field of all messages."""
        return [message.get(name) for message in self.messages]


def scope_of(*extensions: str) -> Scope:
    """A GET, to a server with these extensions."""
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [],
        "extensions": {name: {} for name in extensions},
    }


async def nothing() -> Message:
    """A client that says no more."""
    raise NotImplementedError


async def test_without_the_extension_a_file_is_read_in_pieces(path: Path) -> None:
    content = make_file(path, SIZE)
    sent = Sent()
    pour = Pour(scope_of(), sent)
    with path.open("rb") as file:
        await pour.pour(file.fileno(), 5, SIZE - 5)
    await pour.finish(content[-5:])
    assert b"".join(sent.column("body")) == content[5:]
    assert max(len(body) for body in sent.column("body")) == CHUNK
    assert sent.column("more_body") == [True, True, True, False]


async def test_with_the_extension_nothing_is_read(path: Path) -> None:
    make_file(path, SIZE)
    sent = Sent()
    pour = Pour(scope_of(EXTENSION), sent)
    with path.open("rb") as file:
        await pour.pour(file.fileno(), 5, SIZE)
        await pour.pour(file.fileno(), 9, 9)
        await pour.finish()
        assert sent.messages == [
            {"type": EXTENSION, "file": file.fileno(), "offset": 5, "count": SIZE - 5, "more_body": True},
            {"type": "http.response.body", "body": b"", "more_body": False},
        ]


async def test_a_piece_that_is_missing_is_an_error(path: Path) -> None:
    make_file(path, 100)
    with path.open("rb") as file, pytest.raises(FileShrank):
        await Pour(scope_of(), Sent()).pour(file.fileno(), 0, 101)


async def test_the_last_bytes_are_a_message_of_their_own(path: Path) -> None:
    content = make_file(path, SIZE)
    sent = Sent()
    await FileAnswer(path, size=SIZE, etag=ETAG)(scope_of(EXTENSION), nothing, sent)
    assert sent.column("type") == ["http.response.start", EXTENSION, "http.response.body"]
    assert sent.messages[-1] == {"type": "http.response.body", "body": content[-LAST:], "more_body": False}


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=5-9"}])
def test_nginx_is_told_where_the_file_is(path: Path, headers: dict[str, str]) -> None:
    folder = path.parent / "blobs" / "a b?ü%"
    folder.mkdir(parents=True)
    file = folder / "model.safetensors"
    make_file(file, 10)
    with served(app_of(stored(file, accel=Accel("/store/", path.parent))), ZeroCopyProtocol) as server:
        answer = ask(server, headers)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["x-accel-redirect"] == "/store/blobs/a%20b%3F%C3%BC%25/model.safetensors"
    assert (answer.headers["etag"], answer.headers["x-repo-commit"]) == (ETAG, "c0ffee")


def test_nginx_is_told_nothing_of_files_elsewhere(path: Path, tmp_path: Path) -> None:
    content = make_file(path, 10)
    with served(app_of(stored(path, accel=Accel("/store", tmp_path / "other"))), ZeroCopyProtocol) as server:
        answer = ask(server)
    assert (answer.body, answer.headers["x-accel-redirect"]) == (content, None)


def _open_files(path: Path) -> int:
    """How many descriptors of this process are of this file; others come and go with whatever the tests before left."""
    return sum(_is_of(descriptor, path) for descriptor in Path("/proc/self/fd").iterdir())


def _is_of(descriptor: Path, path: Path) -> bool:
    try:
        return descriptor.readlink() == path
    except FileNotFoundError:  # closed meanwhile
        return False
