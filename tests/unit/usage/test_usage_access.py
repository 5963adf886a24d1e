"""The access log around an application: which requests count, and when their event is on disk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Connection, func, select
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Scope

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.http.express import EXPRESS
from steelyard.http.pour import FileAnswer
from steelyard.identity import store as identity
from steelyard.identity.people import AccessRule, People
from steelyard.identity.privacy import AddressMask, AddressMode
from steelyard.testing.clock import HandClock
from steelyard.usage.access import AccessLog
from steelyard.usage.events import Event
from steelyard.usage.note import note
from steelyard.usage.recorder import Recorder
from steelyard.usage.rows import Row, event_of, numbers_in
from steelyard.usage.tables import hot
from steelyard.usage.words import spell
from tests.databases import ask_from_outside

MARKER = Event("marker", HandClock().now())  # once it is written, so is everything that was handed over before


async def _hello(request: Request) -> Response:
    note(request, type="model_access", model="acme/anvil")
    return PlainTextResponse("hello")


async def _load(request: Request) -> Response:
    note(request, session="0123abcd", parameters={"passed_through": True})
    return PlainTextResponse("weights")


async def _plain(_request: Request) -> Response:
    return PlainTextResponse("plain")


async def _empty(_request: Request) -> Response:
    return Response()


async def _unchanged(_request: Request) -> Response:
    return Response(status_code=304)


async def _refuse(_request: Request) -> Response:
    raise HTTPException(404)


async def _break(_request: Request) -> Response:
    raise RuntimeError("half way")


async def _stream(_request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"%d" % number

    return StreamingResponse(pieces())


class Depot:
    """An application behind the access log, and what the log holds."""

    def __init__(self, database: Database, usage_log: Database, clock: HandClock, people: People | None = None) -> None:
        self.recorder = Recorder(usage_log, clock)
        self.people = people or People(database, clock)
        self.database = database
        routes = [
            Route("/hf/x", _load), Route("/u/alice/hf/x", _load), Route("/user", _plain),
            Route("/api/hello", _hello), Route("/jobs", _plain), Route("/pull", _plain, methods=["POST"]),
            Route("/v1/x", _plain), Route("/health", _plain), Route("/", _plain), Route("/apiary", _plain),
            Route("/api/empty", _empty), Route("/api/unchanged", _unchanged),
            Route("/api/missing", _refuse), Route("/api/broken", _break), Route("/api/stream", _stream),
        ]  # fmt: skip
        self.app = AccessLog(Starlette(routes=routes), self.recorder, self.people, clock)
        self._usage_log = usage_log

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, address: str = "192.0.2.7"
    ) -> httpx2.Response:
        """One request, answered."""
        transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://depot") as client:
            return await client.request(method, path, headers=headers)

    async def logged(self) -> list[dict[str, object]]:
        """What the log holds, in words."""

        def read(connection: Connection) -> list[dict[str, object]]:
            rows = [Row(*row) for row in connection.execute(select(hot).order_by(hot.c.id))]
            texts = spell(connection, {number for row in rows for number in numbers_in(row)})
            return [asdict(event_of(row, texts)) for row in rows]

        return await self._usage_log.read(read)

    def on_disk(self) -> int:
        """How many events another process would see."""
        return int(ask_from_outside(self._usage_log, select(func.count()).select_from(hot)))


@asynccontextmanager
async def running(depot: Depot) -> AsyncIterator[Depot]:
    """The depot's recorder runs meanwhile."""
    task = asyncio.create_task(depot.recorder.run())
    yield depot
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def depot(database: Database, usage_log: Database, clock: HandClock) -> AsyncIterator[Depot]:
    """A depot whose recorder runs."""
    async with running(Depot(database, usage_log, clock)) as depot:
        yield depot


@pytest.mark.parametrize(
    ("method", "path", "counts"),
    [
        ("GET", "/api/hello", True), ("GET", "/jobs", True), ("POST", "/pull", True), ("GET", "/v1/x", True),
        ("GET", "/api/nowhere", True), ("GET", "/health", False), ("GET", "/", False), ("GET", "/apiary", False),
        ("GET", "/nowhere", False), ("GET", "/hf/x", True), ("GET", "/u/alice/hf/x", True), ("GET", "/user", False),
    ],
)  # fmt: skip
async def test_requests_of_people_and_programs_count(depot: Depot, method: str, path: str, counts: bool) -> None:
    await depot.ask(method, path)
    assert len(await depot.logged()) == int(counts)


async def test_an_event_says_what_the_request_was(depot: Depot, clock: HandClock) -> None:
    await depot.ask("GET", "/api/hello", {"user-agent": "curl/8", "x-steelyard-user": "alice"})
    [event] = await depot.logged()
    expected = {
        "type": "model_access", "model": "acme/anvil", "address": "192.0.2.7", "agent": "curl/8", "success": True,
        "error_code": None, "bytes_out": 5, "at": clock.now(),
    }  # fmt: skip
    assert {name: event[name] for name in expected} == expected
    principal = event["principal"]
    assert isinstance(principal, int)
    assert await depot.database.read(lambda one: identity.names(one, {principal})) == {principal: "alice"}


@pytest.mark.parametrize(
    ("mode", "addresses"),
    [("full", {"2001:db8:7:1::/64", "192.0.2.7"}), ("hash", {None}), ("off", {"hidden"})],
)
async def test_strangers_cannot_fill_the_databases(
    database: Database, usage_log: Database, clock: HandClock, mode: AddressMode, addresses: set[str | None]
) -> None:
    mask = AddressMask(mode, database, clock)
    people = People(database, clock, rule=AccessRule("required"), mask=mask)
    async with running(Depot(database, usage_log, clock, people)) as depot:
        for number in range(1, 5):
            headers = {"user-agent": f"x{number}", "x-steelyard-user": f"s{number}"}
            await depot.ask("GET", "/api/nowhere", headers, f"2001:db8:7:1:{number}::{number}")
        await depot.ask("GET", "/api/nowhere")
        logged = await depot.logged()
    assert {event["address"] for event in logged} == addresses
    assert {(event["principal"], event["agent"]) for event in logged} == {(None, None)}
    assert len(logged) == 5
    assert await database.read(identity.count) == 0


async def test_an_event_says_of_which_load_the_request_was(depot: Depot) -> None:
    await depot.ask("GET", "/hf/x")
    await depot.ask("GET", "/api/hello")
    told, untold = await depot.logged()
    assert (told["session"], told["parameters"]) == ("0123abcd", {"passed_through": True})
    assert (untold["session"], untold["parameters"]) == (None, None)


async def test_without_a_note_it_is_a_plain_request(depot: Depot) -> None:
    await depot.ask("GET", "/jobs")
    [event] = await depot.logged()
    assert (event["type"], event["model"]) == ("api_request", None)


@pytest.mark.parametrize(("path", "status"), [("/api/missing", 404), ("/api/broken", 500), ("/api/nowhere", 404)])
async def test_failures_count_with_their_status(depot: Depot, path: str, status: int) -> None:
    assert (await depot.ask("GET", path)).status_code == status
    await depot.recorder.record(MARKER)
    event = (await depot.logged())[0]
    assert (event["success"], event["error_code"]) == (False, str(status))


async def test_a_name_that_cannot_be_one_is_refused_and_counted(depot: Depot) -> None:
    answer = await depot.ask("GET", "/api/hello", {"x-steelyard-user": "%FF"})
    assert answer.status_code == 422
    [event] = await depot.logged()
    assert (event["error_code"], event["principal"], event["type"]) == ("422", None, "api_request")


async def test_the_event_is_on_disk_before_the_last_byte_leaves(depot: Depot) -> None:
    for path, pieces in (("/api/hello", [b"hello"]), ("/api/stream", [b"0", b"1", b"2", b""])):
        before = depot.on_disk()
        seen: list[tuple[bytes, int]] = []

        async def send(message: Message, seen: list[tuple[bytes, int]] = seen) -> None:
            if message["type"] == "http.response.body":
                seen.append((message.get("body", b""), depot.on_disk()))

        await depot.app(_scope(path), _receive, send)
        assert [body for body, _ in seen] == pieces
        assert [count - before for _, count in seen] == [0] * (len(pieces) - 1) + [1]


@pytest.mark.parametrize("is_express", [False, True])
async def test_head_and_body_of_an_express_answer_go_out_together(depot: Depot, is_express: bool) -> None:
    """Of everything else the head goes out first, when the event is not on disk yet."""
    sent: list[tuple[str, int]] = []

    async def send(message: Message) -> None:
        sent.append((message["type"], depot.on_disk()))

    state = {EXPRESS: True} if is_express else {}
    await depot.app({**_scope("/api/hello"), "state": state}, _receive, send)
    assert sent == [("http.response.start", int(is_express)), ("http.response.body", 1)]


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/api/hello"), ("GET", "/api/empty"), ("GET", "/api/unchanged")])
async def test_of_an_answer_without_a_body_the_head_is_the_last_that_leaves(
    depot: Depot, method: str, path: str
) -> None:
    sent: list[tuple[str, int]] = []

    async def send(message: Message) -> None:
        sent.append((message["type"], depot.on_disk()))

    await depot.app({**_scope(path), "method": method, "state": {}}, _receive, send)
    assert sent == [("http.response.start", 1), ("http.response.body", 1)]


async def test_a_client_that_leaves_in_the_middle_is_counted(depot: Depot) -> None:
    async def send(message: Message) -> None:
        if message.get("body") == b"1":
            raise OSError("the client is gone")

    with suppress(OSError):
        await depot.app(_scope("/api/stream"), _receive, send)
    await depot.recorder.record(MARKER)
    event = (await depot.logged())[0]
    assert (event["type"], event["bytes_out"], event["success"]) == ("api_request", 2, True)


async def test_bytes_that_the_server_sends_by_itself_are_counted(depot: Depot, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(bytes(1_000_000))

    async def send(_message: Message) -> None:
        return None

    log = AccessLog(FileAnswer(path, size=1_000_000, etag='"x"'), depot.recorder, depot.people, system_clock)
    await log({**_scope("/api/file"), "extensions": {"http.response.zerocopysend": {}}}, _receive, send)
    assert (await depot.logged())[-1]["bytes_out"] == 1_000_000


async def test_a_request_that_is_cancelled_is_counted(depot: Depot) -> None:
    started = asyncio.Event()

    async def send(_message: Message) -> None:
        started.set()
        await asyncio.Event().wait()

    asking = asyncio.create_task(depot.app(_scope("/api/stream"), _receive, send))
    await started.wait()
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    await depot.recorder.record(MARKER)
    assert len(await depot.logged()) == 2


async def test_the_prefix_does_not_hide_a_request(depot: Depot) -> None:
    async def send(_message: Message) -> None:
        return None

    await depot.app({**_scope("/depot/api/hello"), "root_path": "/depot"}, _receive, send)
    await depot.app({**_scope("/depot/health"), "root_path": "/depot"}, _receive, send)
    assert len(await depot.logged()) == 1


def test_a_note_outside_the_access_log_is_ignored() -> None:
    note(Request({"type": "http"}), type="model_access", model="acme/anvil")


def _scope(path: str) -> Scope:
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [],
        "client": ("192.0.2.7", 5), "server": ("depot", 80),
    }  # fmt: skip


async def _receive() -> Message:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")
