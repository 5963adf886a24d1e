"""The depot when it has grown: lists, searches and filters of the whole shelf and the whole history, over HTTP.

A real server process on loopback, asked over one connection that stays open, one question after the other; what is
timed is from sending the request to having read the whole answer. Every question is asked in turn, round by round, so
that none profits from having just been asked. Each answer waits until its own line of the log is on the disk.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from bench import seeding
from bench.figure import Figure
from bench.memory import cpu_seconds, peak_resident, reset_peak, resident
from bench.scale import Scale
from steelyard.testing.process import DepotProcess

_NOWHERE = "http://127.0.0.1:9"
_MODELS, _HISTORY, _EVENTS = "/api/models", "/api/v1/downloads/history", "/api/v1/events"
EXPORTED = ("csv", "json", "ndjson")
_TARGET = 20.0  # milliseconds


@dataclass(frozen=True, slots=True)
class Question:
    """Something that people and pages ask often."""

    name: str
    path: str
    least: int = 1  # the count that the answer has at least, where it has one


def questions(scale: Scale) -> list[Question]:
    """What is asked, for a depot of that size."""
    deep = scale.requests - 150 if scale.requests > 1000 else 10
    return [
        Question("models, first page", _MODELS),
        Question("models, deep page", f"{_MODELS}?offset={scale.models * 9 // 10}"),
        Question("models, q=llama", f"{_MODELS}?q=llama"),
        Question("models, q of one", f"{_MODELS}?q=00007"),
        Question("models, q of none", f"{_MODELS}?q=nosuchname", 0),
        Question("models, status=failed", f"{_MODELS}?status=failed", 0),
        Question("models, format=gguf", f"{_MODELS}?format=gguf"),
        Question("models, owner", f"{_MODELS}?owner=person-007"),
        Question("models, sort=newest", f"{_MODELS}?sort=newest"),
        Question("models, sort=size", f"{_MODELS}?sort=size"),
        Question("models, sort=last_used", f"{_MODELS}?sort=last_used"),
        Question("models, sort=downloads", f"{_MODELS}?sort=downloads"),
        Question("one model", f"{_MODELS}/team-00/llama-1b-00000", 0),
        Question("history", _HISTORY),
        Question("history of one person", f"{_HISTORY}/user/person-000"),
        Question("history, status=completed", f"{_HISTORY}?status=completed"),
        Question("history, status=failed", f"{_HISTORY}?status=failed"),
        Question("history, q=llama", f"{_HISTORY}?q=llama"),
        Question("history, q of one", f"{_HISTORY}?q=00007", 0),
        Question("history, q of none", f"{_HISTORY}?q=nosuchname", 0),
        Question("history, one model", f"{_HISTORY}?model=team-00/llama-1b-00000"),
        Question("history, middle", f"{_HISTORY}?offset={deep // 2}"),
        Question("history, deep page", f"{_HISTORY}?offset={deep}"),
        Question("history, deep, completed", f"{_HISTORY}?status=completed&offset={deep * 8 // 10}"),
        Question("history, sort=size", f"{_HISTORY}?sort=size"),
        Question("history, sort=user", f"{_HISTORY}?sort=user"),
        Question("history, sort=model", f"{_HISTORY}?sort=model"),
        Question("history, sort=status", f"{_HISTORY}?sort=status"),
        Question("events", _EVENTS),
        Question("events of one person", f"{_EVENTS}?user=person-000"),
        Question("events, type", f"{_EVENTS}?type=model_access"),
        Question("events, failed", f"{_EVENTS}?success=false"),
        Question("events, address", f"{_EVENTS}?ip=100.64.0.1"),
        Question("events, one model", f"{_EVENTS}?model=team-00/llama-1b-00000"),
        Question("events, deep page", f"{_EVENTS}?offset={deep}"),
        Question("jobs", "/jobs"),
        Question("stats", "/api/stats", 0),
        Question("health", "/health", 0),
    ]


def measure(scale: Scale, work: Path) -> list[Figure]:
    """On each database there is."""
    return [
        figure for name, more in seeding.databases(scale, work) for figure in _measure(name, scale, work / name, more)
    ]


def _measure(name: str, scale: Scale, home: Path, more: Mapping[str, str]) -> Iterator[Figure]:
    with DepotProcess(home, _NOWHERE, more=more) as depot, connected(depot.url) as connection:
        wait_until_idle(depot.pid)
        yield from _answers(name, scale, connection)
        for kind in EXPORTED:
            for what, path in (("requests", _HISTORY), ("events", _EVENTS)):
                yield from _export(f"{name}: {what} as {kind}", connection, f"{path}?format={kind}", depot.pid)


def _answers(name: str, scale: Scale, connection: HTTPConnection) -> Iterator[Figure]:
    asked = questions(scale)
    seen: dict[str, list[float]] = {question.name: [] for question in asked}
    for question in asked:
        _ask(connection, question)  # the first time plans are made and files come into memory
    for _ in range(scale.asked):
        for question in asked:
            seen[question.name].append(_ask(connection, question))
    for question_name, rounds in seen.items():
        yield Figure(f"{name}: {question_name}", "ms", tuple(rounds), below=_TARGET)
        yield Figure(f"{name}: {question_name}, p95", "ms", (quantiles(rounds, n=20)[18],))


def _ask(connection: HTTPConnection, question: Question) -> float:
    start = time.perf_counter()
    connection.request("GET", question.path)
    answer = connection.getresponse()
    body = answer.read()
    milliseconds = (time.perf_counter() - start) * 1000
    assert answer.status == 200, body
    assert json.loads(body).get("count", 0) >= question.least, (question, body)
    return milliseconds


def _export(name: str, connection: HTTPConnection, path: str, pid: int) -> Iterator[Figure]:
    """Rows a second, and by how much the server's memory grew at most."""
    before = resident(pid)
    reset_peak(pid)
    start = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    lines = 0
    while piece := answer.read(1 << 16):
        lines += piece.count(b"\n")
    seconds = time.perf_counter() - start
    yield Figure(f"{name}", "rows/s", (lines / seconds,))
    yield Figure(f"{name}, memory", "MB", (peak_resident(pid) - before,), below=10.0)


def wait_until_idle(pid: int) -> None:
    """What a depot does soon after its start is no part of an answer: until it is all but idle.

    A minute at most.
    """
    for _ in range(60):
        before = cpu_seconds(pid)
        time.sleep(1)
        if cpu_seconds(pid) - before < 0.1:
            return


@contextmanager
def connected(url: str) -> Iterator[HTTPConnection]:
    """One connection that stays open."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
    try:
        yield connection
    finally:
        connection.close()
