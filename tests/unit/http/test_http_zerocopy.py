"""The zero-copy extension behind real servers of both event loops, spoken to by raw sockets."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http.client import IncompleteRead
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from steelyard.http.pagecache import is_cached
from steelyard.http.transfer import ClientLeft, FileShrank
from steelyard.http.zerocopy import EXTENSION, ZeroCopyProtocol, reading_in
from tests.unit.http.serving import PATIENCE, LoopKind, make_file, served

SIZE = 5_000_011
MORE = 64_000_000  # more than sockets hold


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> LoopKind:
    """The server's event loop."""
    kind: LoopKind = request.param
    return kind


class FileApp:
    """Sends what the message says of one file, and keeps what became of each request."""

    def __init__(self, path: Path, length: int | None, *spans: dict[str, Any], **more: Any) -> None:
        self.path, self.length, self.spans = path, length, spans or ({},)
        self.more = more
        self.left: list[BaseException | None] = []
        self.done = Event()
        self.extensions: list[Any] = []

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.extensions.append(scope.get("extensions"))
        headers = [] if self.length is None else [(b"content-length", b"%d" % self.length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            for number, span in enumerate(self.spans, 1):
                message = {"type": EXTENSION, "file": descriptor, "more_body": number < len(self.spans), **span}
                await send(message)
        except BaseException as error:
            self.left.append(error)
            raise
        else:
            self.left.append(None)
        finally:
            os.close(descriptor)
            self.done.set()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def test_a_file_arrives_whole(path: Path, loop: LoopKind) -> None:
    content = make_file(path, SIZE)
    app = FileApp(path, SIZE)
    with served(app, ZeroCopyProtocol, loop) as server:
        assert server.get() == content
    assert app.extensions == [{EXTENSION: {}}]


def test_parts_arrive_in_their_order(path: Path, loop: LoopKind) -> None:
    content = make_file(path, SIZE)
    spans: list[dict[str, Any]] = [
        {"offset": 4_000_000, "count": 1000}, {"offset": 0, "count": 0}, {"offset": 0, "count": 2_000_000},
        {"offset": SIZE - 7},
    ]  # fmt: skip
    with served(FileApp(path, 2_001_007, *spans), ZeroCopyProtocol, loop) as server:
        assert server.get() == content[4_000_000:4_001_000] + content[:2_000_000] + content[-7:]


def test_an_open_file_is_sent_from_its_position(path: Path) -> None:
    content = make_file(path, SIZE)

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % (SIZE - 9))]})
        with path.open("rb") as file:
            file.seek(9)
            await send({"type": EXTENSION, "file": file})

    with served(app, ZeroCopyProtocol) as server:
        assert server.get() == content[9:]


def test_bytes_before_and_behind_keep_their_places(path: Path, loop: LoopKind) -> None:
    content = make_file(path, SIZE)
    before = bytes(3_000_000)  # more than the socket takes at once: the transport still holds some

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        length = b"%d" % (len(before) + SIZE + 4)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": before, "more_body": True})
        with path.open("rb") as file:
            await send({"type": EXTENSION, "file": file, "more_body": True})
        await send({"type": "http.response.body", "body": b"tail", "more_body": False})

    with served(app, ZeroCopyProtocol, loop) as server:
        assert server.get() == before + content + b"tail"


def test_without_a_length_parts_are_chunks(path: Path, loop: LoopKind) -> None:
    content = make_file(path, SIZE)
    app = FileApp(path, None, {"count": 10, "offset": 0}, {"count": 0, "offset": 0}, {"offset": 10})
    with served(app, ZeroCopyProtocol, loop) as server:
        assert server.get() == content


def test_a_connection_lives_on_behind_a_file(path: Path, loop: LoopKind) -> None:
    content = make_file(path, SIZE)
    with served(FileApp(path, SIZE), ZeroCopyProtocol, loop) as server:
        client = server.client()
        for method in ("GET", "HEAD", "GET", "GET"):
            client.request(method, "/")
            answer = client.getresponse()
            assert answer.headers["content-length"] == str(SIZE)
            assert answer.read() == (b"" if method == "HEAD" else content)
            assert not answer.will_close
        assert len(server.server.server_state.connections) == 1
        client.close()


def test_requests_in_a_row_are_answered_in_a_row(path: Path, loop: LoopKind) -> None:
    content = make_file(path, SIZE)
    request = b"%s / HTTP/1.1\r\nHost: x\r\n%s\r\n"
    asked = request % (b"GET", b"") + request % (b"HEAD", b"") + request % (b"GET", b"Connection: close\r\n")
    with served(FileApp(path, SIZE), ZeroCopyProtocol, loop) as server, server.connect() as peer:
        peer.sendall(asked)
        first, second, third = _split(_all(peer), [SIZE, 0, SIZE])
    assert (first, second, third) == (content, b"", content)


def test_http_1_0_is_served_and_closed(path: Path, loop: LoopKind) -> None:
    content = make_file(path, SIZE)
    with served(FileApp(path, SIZE), ZeroCopyProtocol, loop) as server, server.connect() as peer:
        peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert _split(_all(peer), [SIZE]) == [content]


def test_many_readers_each_get_their_own_bytes(path: Path, loop: LoopKind) -> None:
    content = make_file(path, SIZE)

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        start = int(scope["path"][1:])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"500000")]})
        with path.open("rb") as file:
            await send({"type": EXTENSION, "file": file, "offset": start, "count": 500_000})

    starts = [number * 20_011 for number in range(200)]
    with served(app, ZeroCopyProtocol, loop) as server, ThreadPoolExecutor(200) as readers:
        bodies = list(readers.map(lambda start: server.get(f"/{start}"), starts))
    assert all(body == content[start : start + 500_000] for body, start in zip(bodies, starts, strict=True))


def test_a_reader_that_waits_holds_up_nobody(path: Path, loop: LoopKind) -> None:
    content = make_file(path, MORE)
    with served(FileApp(path, MORE), ZeroCopyProtocol, loop) as server, server.connect() as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        begun = slow.recv(1000)
        assert server.get() == content
        assert _split(begun + _all(slow), [MORE]) == [content]


@pytest.mark.parametrize("requests", [1, 3])
def test_a_client_that_leaves_is_told_to_nobody(
    path: Path, loop: LoopKind, requests: int, caplog: pytest.LogCaptureFixture
) -> None:
    make_file(path, MORE)
    app = FileApp(path, MORE)
    with served(app, ZeroCopyProtocol, loop) as server:
        with server.connect() as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * requests)
            peer.recv(100_000)
        assert app.done.wait(PATIENCE)
    assert [type(error) for error in app.left] == [ClientLeft]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_server_that_stops_cuts_what_takes_too_long(
    path: Path, loop: LoopKind, caplog: pytest.LogCaptureFixture
) -> None:
    make_file(path, MORE)
    app = FileApp(path, MORE)
    with served(app, ZeroCopyProtocol, loop, grace=0) as server, server.connect() as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        peer.recv(1000)
        server.server.should_exit = True
        assert app.done.wait(PATIENCE)
    assert [type(error) for error in app.left] == [asyncio.CancelledError]
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("has_left", [True, False])
def test_whoever_streams_learns_that_nobody_listens(loop: LoopKind, has_left: bool) -> None:
    pieces = 0
    done = Event()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal pieces
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            if has_left:
                while (await receive())["type"] != "http.disconnect":
                    pass
            for _ in range(5):
                await send({"type": "http.response.body", "body": b"piece", "more_body": True})
                pieces += 1
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            done.set()

    with served(app, ZeroCopyProtocol, loop) as server:
        with server.connect() as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            if not has_left:
                assert _all(peer).endswith(b"0\r\n\r\n")
        assert done.wait(PATIENCE)
    assert pieces == (0 if has_left else 5)


def test_whoever_takes_nothing_is_let_go(path: Path, loop: LoopKind, caplog: pytest.LogCaptureFixture) -> None:
    class Hasty(ZeroCopyProtocol):
        patience: ClassVar[float] = 0.2

    content = make_file(path, MORE)
    app = FileApp(path, MORE)
    with served(app, Hasty, loop) as server, server.connect() as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert app.done.wait(PATIENCE)
        with suppress(ConnectionResetError):
            assert len(_all(peer)) < MORE
        app.done.clear()
        assert server.get() == content
    assert [type(error) for error in app.left] == [ClientLeft, type(None)]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_whoever_takes_nothing_of_a_stream_is_let_go(loop: LoopKind) -> None:
    """What stands behind the stream is done then: its record, say."""

    class Hasty(ZeroCopyProtocol):
        patience: ClassVar[float] = 0.2

    left: list[BaseException] = []
    done = Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
        except OSError as error:
            left.append(error)
            raise
        finally:
            done.set()

    with served(app, Hasty, loop) as server, server.connect() as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert done.wait(PATIENCE)
    assert [type(error) for error in left] == [ClientLeft]


@pytest.mark.parametrize(("promised", "count"), [(10, 11), (11, 10)])
def test_more_or_less_than_was_promised_cuts_the_connection(path: Path, promised: int, count: int) -> None:
    make_file(path, 100)
    app = FileApp(path, promised, {"count": count, "offset": 0})
    with served(app, ZeroCopyProtocol) as server, pytest.raises(IncompleteRead):
        server.get()
    assert [type(error) for error in app.left] == [RuntimeError]


def test_a_file_that_was_cut_cuts_the_connection(path: Path, loop: LoopKind) -> None:
    make_file(path, 1000)
    app = FileApp(path, 2000, {"count": 2000, "offset": 0})
    with served(app, ZeroCopyProtocol, loop) as server, pytest.raises(IncompleteRead) as cut:
        server.get()
    assert len(cut.value.partial) == 1000
    assert [type(error) for error in app.left] == [FileShrank]


def test_the_message_has_its_place(path: Path) -> None:
    make_file(path, 100)
    errors: list[BaseException] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        with path.open("rb") as file:
            try:
                await send({"type": EXTENSION, "file": file})
            except RuntimeError as error:
                errors.append(error)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})
            try:
                await send({"type": EXTENSION, "file": file})
            except RuntimeError as error:
                errors.append(error)

    with served(app, ZeroCopyProtocol) as server:
        assert server.get() == b"ok"
    assert len(errors) == 2


class CountingThreads(ThreadPoolExecutor):
    """Threads that count what they are given."""

    def __init__(self) -> None:
        super().__init__(2)
        self.given = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.given += 1
        return super().submit(fn, *args, **kwargs)


@pytest.fixture
def threads() -> Iterator[CountingThreads]:
    with CountingThreads() as pool:
        yield pool


def test_what_lies_on_the_disk_is_read_by_a_thread(path: Path, loop: LoopKind, threads: CountingThreads) -> None:
    content = make_file(path, SIZE)
    _forget(path)
    with served(FileApp(path, SIZE), reading_in(threads), loop) as server:
        assert server.get() == content
        assert threads.given >= 1
        read_before = threads.given
        assert server.get() == content
    assert threads.given == read_before  # what lies in memory takes none


def test_a_file_system_without_sendfile_is_read_by_a_thread(loop: LoopKind, threads: CountingThreads) -> None:
    """Files of /proc/sys are such."""
    path = Path("/proc/sys/kernel/ostype")
    if not path.exists():
        pytest.skip("needs Linux")
    content = path.read_bytes()
    app = FileApp(path, len(content), {"offset": 0, "count": len(content)})
    with served(app, reading_in(threads), loop) as server:
        assert server.get() == content


class TlsTransport(asyncio.Transport):
    """A transport that encrypts, as far as a protocol can see."""

    def __init__(self) -> None:
        super().__init__({"sslcontext": object()})


async def test_it_is_not_announced_under_tls() -> None:
    app = FileApp(Path(os.devnull), 0)
    config = Config(app, http=ZeroCopyProtocol, log_config=None, lifespan="off")
    protocol = ZeroCopyProtocol(config, ServerState(), {})
    protocol.connection_made(TlsTransport())
    protocol.on_message_begin()
    assert "extensions" not in protocol.scope


def _forget(path: Path) -> None:
    """Take the file out of the page cache; tests that need it elsewhere than on a disk are skipped."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if is_cached(file.fileno(), 0, SIZE):
            pytest.skip("this file system keeps everything in memory")


def _all(peer: socket.socket) -> bytes:
    """Everything up to the end."""
    got = bytearray()
    while piece := peer.recv(1 << 20):
        got += piece
    return bytes(got)


def _split(answers: bytes, lengths: list[int]) -> list[bytes]:
    """The bodies of answers that follow each other."""
    bodies = []
    for length in lengths:
        head, _, answers = answers.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        bodies.append(answers[:length])
        answers = answers[length:]
    assert answers == b""
    return bodies
