"""What the depot costs between a client and a model: against a thin proxy, and against LiteLLM when asked for.

All stand in front of the same trivial upstream, and the same client asks them in turns, over connections that stay
open. The depot runs as people run it, with its log, its checks and its metrics; it has one event on the disk for each
answer before the answer's last byte, which is counted afterwards. It asks the upstream for a stream even when it was
asked for a plain answer, because only streams stop when their reader leaves.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench import gateway_first, gateway_litellm
from bench.figure import Figure
from bench.gateway_upstream import MODEL
from bench.scale import Scale
from steelyard.client import Client
from steelyard.testing.process import DepotProcess

_ROOT = Path(__file__).parents[1]
_NOWHERE = "http://127.0.0.1:9"
_KINDS = ("plain", "stream")
_MANY = 32
_MORE = {
    "STEELYARD_ENGINES__PARALLEL": "64",  # the upstream's own affair here
    "STEELYARD_LIMITS__CHANGES_PER_SECOND": "0",  # nobody asks as fast as this
}


@dataclass
class Server:
    """Somebody to be asked; ``answers`` so far, and what was seen of each kind with one and with many connections."""

    port: int
    token: str = ""
    answers: int = 0
    rates: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    waits: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    def load(self, kind: str, connections: int, seconds: float) -> None:
        """Ask for so many seconds."""
        command = [sys.executable, "-m", "bench.gateway_load", str(self.port), self.token, MODEL, str(connections),
                   str(seconds), kind]  # fmt: skip
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        self.answers += seen["answers"]
        self.rates.setdefault((kind, connections), []).append(seen["answers"] / seen["seconds"])
        self.waits.setdefault((kind, connections), []).append(seen["median"])


def measure(scale: Scale, work: Path) -> list[Figure]:
    """What it costs in requests, and until the first words."""
    return [*_requests(scale, work), *gateway_first.measure(scale, work)]


def _requests(scale: Scale, work: Path) -> list[Figure]:
    """Rates with many connections, milliseconds with one, and what that is against the others."""
    with ExitStack() as running:
        upstream = running.enter_context(started("bench.gateway_upstream"))
        thin = running.enter_context(
            started("bench.gateway_thin", f"http://127.0.0.1:{upstream}", str(work / "thin.db"))
        )
        servers = {"upstream": Server(upstream), "thin proxy": Server(thin)}
        if gateway_litellm.is_wanted():
            servers["litellm"] = Server(running.enter_context(gateway_litellm.running(upstream, work)))
        with depot(work / "home", upstream) as ours:
            servers["depot"] = ours
            _ask(servers, scale)
        _require_events(work / "home" / "steelyard-usage.db", ours.answers)
    return [figure for kind in _KINDS for figure in _figures(kind, servers)]


@contextmanager
def depot(home: Path, upstream: int) -> Iterator[Server]:
    """A depot that has people sign in, with the upstream as an engine and a token."""
    remotes = json.dumps([{"url": f"http://127.0.0.1:{upstream}"}])
    more = {**_MORE, "STEELYARD_ENGINES__REMOTES": remotes}
    with DepotProcess(home, _NOWHERE, more=more) as process, Client(process.url) as client:
        client.users.add("bench", role="service")
        token = client.tokens.add("bench", user="bench")["token"]
        yield Server(urlsplit(process.url).port or 0, token)


@contextmanager
def started(module: str, *more: str) -> Iterator[int]:
    """A module that prints its port and then serves."""
    with subprocess.Popen(
        [sys.executable, "-m", module, *more], cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def _ask(servers: dict[str, Server], scale: Scale) -> None:
    for server in servers.values():
        server.load("stream", 1, 0.1)  # connections, caches
        server.rates.clear()
        server.waits.clear()
    for number in range(scale.rounds):
        for kind in _KINDS:
            for connections in (1, _MANY):
                turn = list(servers.values())
                for server in turn if number % 2 == 0 else reversed(turn):
                    server.load(kind, connections, scale.gateway_seconds)


def _figures(kind: str, servers: dict[str, Server]) -> list[Figure]:
    ours, thin, many, one = servers["depot"], servers["thin proxy"], (kind, _MANY), (kind, 1)
    name = f"gateway, {kind}"
    rates = {who: tuple(server.rates[many]) for who, server in servers.items()}
    waits = {who: tuple(server.waits[one]) for who, server in servers.items()}
    figures = [
        *(Figure(f"{name}, {_MANY} connections: {who}", "req/s", seen) for who, seen in rates.items()),
        *(Figure(f"{name}, 1 connection: {who}", "ms", seen) for who, seen in waits.items()),
        Figure(f"{name}: depot / thin proxy", "x", _ratios(ours.rates[many], thin.rates[many]), at_least=0.6),
        Figure(f"{name}: added by depot / by thin proxy", "x", _added(servers, one), below=2.0),
    ]  # fmt: skip
    if "litellm" in servers:
        ratios = _ratios(ours.rates[many], servers["litellm"].rates[many])
        figures.append(Figure(f"{name}: depot / litellm", "x", ratios, at_least=15.0))
    return figures


def _ratios(ours: list[float], theirs: list[float]) -> tuple[float, ...]:
    return tuple(our / their for our, their in zip(ours, theirs, strict=True))


def _added(servers: dict[str, Server], one: tuple[str, int]) -> tuple[float, ...]:
    """By how much more each median is than the upstream's own."""
    ours, thin, direct = (servers[who].waits[one] for who in ("depot", "thin proxy", "upstream"))
    return tuple((our - base) / max(1e-6, their - base) for our, their, base in zip(ours, thin, direct, strict=True))


def _require_events(log: Path, answers: int) -> None:
    """One for each answer that was read to its end. Asked of the file, after the depot has gone."""
    with sqlite3.connect(f"{log.as_uri()}?mode=ro", uri=True) as database:
        (events,) = database.execute(
            "SELECT count(*) FROM (SELECT type FROM usage_hot UNION ALL SELECT type FROM usage_log) AS happened "
            "JOIN usage_words ON usage_words.id = happened.type "
            "WHERE usage_words.text = 'generation_completed'"
        ).fetchone()
    assert events == answers, (events, answers)
