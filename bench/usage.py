"""Statistics over months of events: how fast every route answers, cold and cached, what an event takes on the disk, and
whether the numbers are those of a plain GROUP BY.

A real server process on loopback, asked over one connection. Cold means a range that nobody has asked for before;
cached the same range once more. Compared are a log of a tenth of the events and one of all of them.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote, urlencode

from bench import usage_retention
from bench.figure import Figure
from bench.scale import Scale
from bench.shelf import connected, wait_until_idle
from bench.usage_filling import VARIABLES, Filling, fill
from bench.usage_truth import compare
from steelyard.testing.process import DepotProcess

_NOWHERE = "http://127.0.0.1:9"
_COLD, _CACHED, _GROWTH, _BYTES, _RATE = 50.0, 5.0, 1.3, 130.0, 25_000.0
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Route:
    """A route of statistics; ``days`` is how far back it is asked."""

    name: str
    path: str
    days: int = 30
    more: str = ""


def routes(model: str, person: str, address: str) -> list[Route]:
    """All that there are, those that have a parameter that costs something once more."""
    return [
        Route("one model", f"/api/v1/models/{model}/stats"),
        Route("one model, 90 days, Nepal", f"/api/v1/models/{model}/stats", 90, "&period=week&tz=Asia/Kathmandu"),
        Route("one person", f"/api/v1/users/{person}/stats"),
        Route("one person, 90 days", f"/api/v1/users/{person}/stats", 90),
        Route("one address", f"/api/v1/stats/ip/{address}"),
        Route("system", "/api/v1/stats"),
        Route("system, 90 days by month, St John's", "/api/v1/stats", 90, "&period=month&tz=America/St_Johns"),
        Route("system, two days by hour", "/api/v1/stats", 2, "&period=hour"),
        Route("top models", "/api/v1/stats/models"),
        Route("top models by tokens, 90 days", "/api/v1/stats/models", 90, "&sort=tokens"),
        Route("top people", "/api/v1/stats/users"),
        Route("top people by bytes, 90 days", "/api/v1/stats/users", 90, "&sort=bytes"),
        Route("people and models", "/api/v1/stats/matrix"),
        Route("people and models, 90 days", "/api/v1/stats/matrix", 90),
        Route("growth", "/api/v1/stats/growth"),
        Route("costs", "/api/v1/stats/costs"),
        Route("downloads", "/api/v1/downloads/stats"),
    ]  # fmt: skip


def measure(scale: Scale, work: Path) -> list[Figure]:
    """A small log, then the large one."""
    small = fill(work / "small", scale.usage_events // 10)
    large = fill(work / "large", scale.usage_events)
    before = _answers(small, scale)
    after = _answers(large, scale)
    return [*_filled(large), *_times(before, after), *compare(large), *usage_retention.measure(large)]


def _filled(filling: Filling) -> Iterator[Figure]:
    what = f"usage, {filling.events:,} events"
    yield Figure(f"{what}: folded", "events/s", (filling.rate,), at_least=_RATE)
    yield Figure(f"{what}: CPU of folding one", "µs", (filling.cpu,))
    yield Figure(f"{what}: longest write of a fold", "ms", (filling.longest,))
    yield Figure(f"{what}: bytes of an event", "B", (filling.size / filling.events,), below=_BYTES)


Answers = dict[str, tuple[list[float], list[float]]]


def _times(before: Answers, after: Answers) -> Iterator[Figure]:
    for name, (cold, cached) in after.items():
        yield Figure(f"usage: {name}, cold p95", "ms", (_p95(cold),), below=_COLD)
        yield Figure(f"usage: {name}, cached p95", "ms", (_p95(cached),), below=_CACHED)
    growth = [median(cold) / median(before[name][0]) for name, (cold, _) in after.items()]
    yield Figure("usage: cold, by ten times the events", "x", tuple(growth), below=_GROWTH)


def _answers(filling: Filling, scale: Scale) -> Answers:
    """Milliseconds of every route, cold and cached, one route after the other, round by round."""
    bulk = filling.bulk
    asked = routes(quote(bulk.model(0)), quote(bulk.person(0)), bulk.address(0))
    seen: Answers = {route.name: ([], []) for route in asked}
    with DepotProcess(filling.home, _NOWHERE, more=VARIABLES) as depot, connected(depot.url) as connection:
        wait_until_idle(depot.pid)
        for number in range(scale.asked + 1):
            for route in asked:
                path = _path(route, filling.now - number * _QUARTER)
                cold, cached = _ask(connection, path), _ask(connection, path)
                if number:  # the first time plans are made and files come into memory
                    seen[route.name][0].append(cold)
                    seen[route.name][1].append(cached)
    return seen


def _path(route: Route, until: datetime) -> str:
    ends = {"since": (until - timedelta(days=route.days)).isoformat(), "until": until.isoformat()}
    return f"{route.path}?{urlencode(ends)}{route.more}"


def _ask(connection: HTTPConnection, path: str) -> float:
    start = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    milliseconds = (time.perf_counter() - start) * 1000
    assert answer.status == 200, (path, json.loads(body))
    return milliseconds


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[18] if len(values) > 1 else values[0]
