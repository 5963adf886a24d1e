"""A shell: one command line against a depot that is a table of answers."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

from steelyard.cli.desk import Desk
from steelyard.cli.main import run
from steelyard.client import Client

NOW = datetime(2025, 11, 20, 12, 0, 0, tzinfo=UTC)
NONE: Mapping[str, str] = {}


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class StoppedClock:
    """It is always noon on 20 November 2025."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def shell() -> Iterator[Callable[..., CompletedProcess[str]]]:
    """``shell(answers, *argv, terminal=False, keys="")`` runs one line; ``keys`` is what the person types.

    ``answers`` maps ``"GET /path"`` to a JSON value, an httpx2.Response or an error to raise, or a list of these, one
    for each request; anything else is a 404 problem. Every request made stands in ``args`` of the result.
    """
    opened: list[Client] = []

    def run_line(
        answers: dict[str, Any], *argv: str, terminal: bool = False, keys: str = "", environ: Mapping[str, str] = NONE
    ) -> CompletedProcess[str]:
        requests: list[Any] = []

        def handle(request: httpx2.Request) -> httpx2.Response:
            requests.append(request)
            return _answer(answers.get(f"{request.method} {request.url.path}"))

        def connect(url: str | None, token: str | None, user: str | None) -> Client:
            transport = httpx2.MockTransport(handle)
            client = Client(url, token, user, environ={}, transport=transport, sleep=lambda _: None)
            opened.append(client)
            return client

        kind = Terminal if terminal else io.StringIO
        typed = kind(keys)
        desk = Desk(
            kind(),
            kind(),
            environ,
            StoppedClock(),
            connect,
            keys=typed,
            ask_hidden=lambda _: _line(typed),
            editing=lambda: nullcontext(lambda _: _typed(typed)),
        )
        code = run(argv, desk)
        return CompletedProcess(requests, code, _written(desk.out), _written(desk.err))

    yield run_line
    for client in opened:
        client.close()


@pytest.fixture
def job() -> Callable[..., dict[str, Any]]:
    """``job(**changes)``: a running download as the depot shows it."""

    def make(**changes: object) -> dict[str, Any]:
        return {
            "id": "j1", "kind": "download", "model": "gpt2", "revision": "a" * 40, "status": "running",
            "progress": 0.42, "downloaded_bytes": 230_000_000, "total_bytes": 548_000_000,
            "bytes_per_second": 12_100_000.0, "eta_seconds": 26.3, "current_file": "model.safetensors",
            "attempt": 1, "priority": "medium", "requested_by": "alice", "error": None, "hint": None,
            "created_at": "2025-11-20T11:57:00.000Z", "started_at": "2025-11-20T11:57:01.000Z",
            "updated_at": "2025-11-20T12:00:00.000Z", "finished_at": None, **changes,
        }  # fmt: skip

    return make


def _answer(said: Any) -> httpx2.Response:
    if isinstance(said, list):
        return _answer(said.pop(0))
    if isinstance(said, BaseException):
        raise said
    if isinstance(said, httpx2.Response):
        return said
    if said is None:
        problem = {"type": "not-found", "title": "Not found", "status": 404, "detail": "Nothing by that name."}
        return httpx2.Response(404, json=problem, headers={"content-type": "application/problem+json"})
    return httpx2.Response(200, json=said)


def _line(typed: io.StringIO) -> str:
    return typed.readline().rstrip("\n")


def _typed(typed: io.StringIO) -> str:
    """A line; ``^C`` at its end is Ctrl-C."""
    line = typed.readline()
    if line.endswith("^C\n"):
        raise KeyboardInterrupt
    if not line:
        raise EOFError
    return line.removesuffix("\n")


def _written(stream: object) -> str:
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()
