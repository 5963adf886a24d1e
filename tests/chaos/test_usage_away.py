"""PostgreSQL is away under load: whoever was here a moment ago works on, the rest is told to come back, and what was
done meanwhile is on record afterwards."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from steelyard.client import Client
from steelyard.testing.hub import HubThread, StandInHub
from steelyard.testing.postgres import PostgresCluster
from steelyard.testing.process import DepotProcess
from tests.chaos.fleet import Fleet, open_fleet
from tests.chaos.patience import until
from tests.flows.chatting import weights

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other
MODEL, OTHER, FILE = "org/parrot", "org/stranger", "parrot-Q8_0.gguf"
GIVEN = {
    "STEELYARD_ENGINES__ORDER": '["echo"]', "STEELYARD_ENGINES__BUDGET_BYTES": "1000000",
    "STEELYARD_DATABASE_SILENCE_SECONDS": "0.2",
}  # fmt: skip
_ROUNDS = 3
_PATIENCE = 30.0  # seconds; nothing here is held against a clock
Away = Callable[[PostgresCluster], AbstractContextManager[None]]


@contextmanager
def stopped(cluster: PostgresCluster) -> Iterator[None]:
    """The server crashes, and starts again in the end."""
    cluster.stop()
    yield
    cluster.start()


def hanging(cluster: PostgresCluster) -> AbstractContextManager[None]:
    """The server neither answers nor breaks off."""
    return cluster.hanging()


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    """A PostgreSQL that nobody else uses."""
    with PostgresCluster() as cluster:
        yield cluster


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[StandInHub]:
    """A hub with two models."""
    with HubThread(tmp_path / "hub") as hub:
        for name in (MODEL, OTHER):
            hub.add(name, {FILE: weights(1), "config.json": b"{}"})
        yield hub


@pytest.fixture
def fleet(hub: StandInHub, tmp_path: Path, cluster: PostgresCluster) -> Iterator[Fleet]:
    """A depot of one process that echoes."""
    with open_fleet(hub, tmp_path, cluster.url(cluster.create())) as fleet:
        fleet.more.update(GIVEN)
        yield fleet


@dataclass
class Person:
    """Somebody who works, and remembers what came of it. ``waits`` are in seconds."""

    depot: DepotProcess
    name: str
    http: httpx2.Client = field(default_factory=httpx2.Client)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    def chat(self) -> int:
        """Ask the model."""
        words = [{"role": "user", "content": "one two"}]
        return self._ask("chat", "POST", "/chat", json={"model": MODEL, "messages": words})

    def read(self, model: str = MODEL) -> int:
        """What ``hf download`` asks, of a warm mirror."""
        info = self._ask("info", "GET", f"/hf/api/models/{model}/revision/main")
        head = self._ask("head", "HEAD", f"/hf/{model}/resolve/main/{FILE}")
        return max(info, head, self._ask("file", "GET", f"/hf/{model}/resolve/main/{FILE}"))

    def look(self, path: str) -> httpx2.Response:
        """Anything else."""
        return self.http.get(f"{self.depot.url}{path}", headers=self._headers, timeout=_PATIENCE)

    def _ask(self, what: str, method: str, path: str, **more: Any) -> int:
        began = time.monotonic()
        address = f"{self.depot.url}{path}"
        answer = self.http.request(method, address, headers=self._headers, timeout=_PATIENCE, **more)
        self.waits.append(time.monotonic() - began)
        self.answers[what, answer.status_code] += 1
        return answer.status_code

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-Steelyard-User": self.name}


def _at_work(people: list[Person], work: Callable[[Person], object], running: ExitStack) -> None:
    """Let them work, each in a thread, until the block ends."""
    over = threading.Event()

    def go_on(person: Person) -> None:
        while not over.is_set():
            work(person)

    threads = [threading.Thread(target=go_on, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
        running.callback(thread.join)
    running.callback(over.set)


def _settle(alice: Person) -> None:
    """She has used the model a moment ago."""
    with Client(alice.depot.url, user=alice.name) as client:
        client.pull(MODEL)
        client.pull(OTHER)
        until(lambda: client.jobs.list(status="succeeded")["count"] == 2)
    assert alice.chat() == 200
    assert alice.read() == 200


def _events(depot: DepotProcess, kind: str) -> int:
    """How many of this type are in the log, of alice."""
    with Client(depot.url, user="alice") as client:
        return int(client.events.list(type=kind, user="alice")["count"])


@pytest.mark.parametrize("away", [stopped, hanging])
def test_whoever_was_here_works_on(fleet: Fleet, cluster: PostgresCluster, away: Away) -> None:
    _work_on(fleet, cluster, away, seconds=2)


@pytest.mark.slow
@pytest.mark.parametrize("away", [stopped, hanging])
def test_whoever_was_here_works_on_for_a_minute(fleet: Fleet, cluster: PostgresCluster, away: Away) -> None:
    alice, stranger = _work_on(fleet, cluster, away, seconds=60)
    for waits in (alice.waits, stranger.waits):
        assert sorted(waits)[int(len(waits) * 0.99)] < 0.3


@pytest.mark.slow
def test_it_stops_while_the_database_hangs_and_no_event_is_lost(fleet: Fleet, cluster: PostgresCluster) -> None:
    with DepotProcess(fleet.folder / "depot", fleet.hub.url, more=fleet.shared) as depot:
        alice = Person(depot, "alice")
        _settle(alice)
        with cluster.hanging(), closing(alice.http):
            assert (alice.chat(), alice.read()) == (200, 200)
            depot.stop()  # within its ten seconds
    with DepotProcess(fleet.folder / "depot", fleet.hub.url, more=fleet.shared) as depot:
        _all_on_record(depot, [alice])


def _work_on(fleet: Fleet, cluster: PostgresCluster, away: Away, seconds: float) -> tuple[Person, Person]:
    """Work before, while and after it is away; returns whom it knew, and whom it did not."""
    with DepotProcess(fleet.folder / "depot", fleet.hub.url, more=fleet.shared) as depot:
        alice, stranger, *workers = (Person(depot, name) for name in ("alice", "mallory", *["alice"] * 4))
        _settle(alice)
        with ExitStack() as running:
            for person in (alice, stranger, *workers):
                running.callback(person.http.close)
            _at_work(workers[:2], Person.chat, running)
            _at_work(workers[2:], Person.read, running)
            until(lambda: all(worker.answers.total() > 2 for worker in workers))
            with away(cluster):
                until(lambda: stranger.look("/api/models").status_code == 503)
                _rounds(alice, stranger, seconds)
            until(lambda: stranger.look("/health/ready").status_code == 200)
        for worker in workers:
            assert {status for _, status in worker.answers} == {200}, worker.answers
        _all_on_record(depot, [alice, *workers])
    return alice, stranger


def _rounds(alice: Person, stranger: Person, seconds: float) -> None:
    """What goes on and what does not, again and again while it is away."""
    until_when = time.monotonic() + seconds
    for number in range(1_000_000):
        if number >= _ROUNDS and time.monotonic() > until_when:
            return
        assert alice.chat() == 200
        assert alice.read() == 200
        assert stranger.chat() == 503
        assert alice.read(OTHER) == 503  # nobody has asked for it lately
        for path in ("/api/models", "/jobs", "/api/v1/downloads/history", "/api/stats", "/api/v1/events"):
            told = alice.look(path)
            assert (told.status_code, bool(told.json()["hint"])) == (503, True), told.text
            assert int(told.headers["retry-after"]) >= 1
        health = alice.look("/health")
        assert (health.json()["status"], health.json()["database"]["ok"]) == ("error", False)
        assert alice.look("/health/ready").status_code == 503
        assert "steelyard_database_up 0.0" in alice.look("/metrics").text


def _all_on_record(depot: DepotProcess, people: list[Person]) -> None:
    """Every answer is in the log, once."""
    answered = sum((person.answers for person in people), Counter())
    chats = answered["chat", 200]
    reads = sum(count for (what, _), count in answered.items() if what != "chat")
    until(lambda: _events(depot, "generation_completed") >= chats)
    until(lambda: _events(depot, "mirror_request") >= reads)
    assert (_events(depot, "generation_completed"), _events(depot, "mirror_request")) == (chats, reads)
