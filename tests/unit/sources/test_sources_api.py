"""Questions to a hub's API: how often it is asked, for how long, and what is asked for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
from aiohttp import ClientSession
from yarl import URL

from steelyard.core.clock import SystemClock
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.errors import UpstreamBusy, UpstreamNonsense, UpstreamUnavailable
from steelyard.sources.guard.guard import Guard
from steelyard.sources.http import RangeClient
from steelyard.sources.huggingface.api import HubApi
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.huggingface.source import HuggingFaceSource
from steelyard.sources.pauses import HostPauses
from steelyard.sources.protocol import Hub, RemoteFile, Repository
from steelyard.testing.hub import StandInHub
from steelyard.testing.source_suite import FILES, NAME, REPOSITORY, WEIGHTS

COMMIT = "0" * 40
FILE = RemoteFile(WEIGHTS, 5, Digest("sha256", "0" * 64))
Question = Callable[[Hub], Awaitable[object]]
QUESTIONS: dict[str, Question] = {
    "resolve": lambda hub: hub.resolve(REPOSITORY, "main"),
    "list_files": lambda hub: hub.list_files(REPOSITORY, COMMIT),
    "refs": lambda hub: hub.refs(REPOSITORY),
    "commits": lambda hub: hub.commits(REPOSITORY, "main", 0),
    "describe": lambda hub: hub.describe(REPOSITORY, COMMIT, ["a"]),
    "open": lambda hub: hub.open(REPOSITORY, COMMIT, FILE, 0).__aenter__(),
}


class Gate:
    """What a source goes through; counts the requests that were sent on their way."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.sent: list[URL] = []
        self.sessions: list[ClientSession] = []
        self._settings = HuggingFaceSettings(endpoint=url, **settings)
        self._guard = Guard([url], (), self._no_proxy)

    def source(self, pauses: HostPauses) -> HuggingFaceSource:
        """A source behind it."""
        clock, seconds = SystemClock(), self._settings.connect_seconds
        client = RangeClient(
            self._guard, pauses, Bandwidth(clock, None), connect_seconds=seconds, session=self._session
        )
        return HuggingFaceSource(self._settings, self._guard, client, pauses)

    def _no_proxy(self, url: URL) -> None:
        self.sent.append(url)

    def _session(self, **given: Any) -> ClientSession:
        self.sessions.append(ClientSession(**given))
        return self.sessions[-1]


@pytest.fixture
async def hub() -> AsyncIterator[StandInHub]:
    """A hub that listens."""
    async with StandInHub() as hub:
        yield hub


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_connection_that_cannot_be_made_is_tried_once(question: str) -> None:
    async with StandInHub() as hub:
        gate = Gate(hub.url)
    source = gate.source(HostPauses(SystemClock()))
    with pytest.raises(UpstreamUnavailable) as caught:
        await QUESTIONS[question](source)
    await source.close()
    assert caught.value.hint
    assert len(gate.sent) == 1


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_hub_that_went_away_and_came_back_answers_again(hub: StandInHub, question: str) -> None:
    commit = hub.add(NAME, {**FILES, WEIGHTS: b"12345"})
    source = Gate(hub.url).source(HostPauses(SystemClock()))
    await source.resolve(REPOSITORY, commit)
    await hub.go_away()
    with pytest.raises(UpstreamUnavailable):
        await QUESTIONS[question](source)
    await hub.come_back()
    assert (await source.resolve(REPOSITORY, None)).commit == commit
    await source.close()


@pytest.mark.parametrize("question", QUESTIONS)
async def test_too_many_requests_say_how_long_to_wait(hub: StandInHub, question: str) -> None:
    limits = {"ratelimit": '"api";r=0;t=55', "ratelimit-policy": '"fixed window";"api";q=500;w=300'}
    for pattern in ("*", "api:*"):
        hub.faults.status(pattern, 429, headers=limits, times=None)
    gate = Gate(hub.url)
    source = gate.source(HostPauses(SystemClock()))
    with pytest.raises(UpstreamBusy) as caught:
        await QUESTIONS[question](source)
    await source.close()
    assert caught.value.retry_after == 55
    assert len(gate.sent) == 1


async def test_a_revision_costs_one_request(hub: StandInHub) -> None:
    hub.add(NAME, FILES)
    source = Gate(hub.url).source(HostPauses(SystemClock()))
    assert (await source.resolve(REPOSITORY, None)).document
    assert [request.call for request in hub.ledger.requests()] == ["info"]
    await source.close()


async def test_a_gated_revision_costs_two(hub: StandInHub) -> None:
    hub.tokens.add("hf_made_up")
    hub.add(NAME, FILES, gated=True)
    source = Gate(hub.url, token="hf_made_up").source(HostPauses(SystemClock()))
    assert (await source.resolve(REPOSITORY, "main")).gated
    assert [request.call for request in hub.ledger.requests()] == ["revision", "auth-check"]
    await source.close()


@pytest.mark.parametrize("kind", Kind)
async def test_every_kind_has_its_description(hub: StandInHub, kind: Kind) -> None:
    commit = hub.add("org/thing", FILES, kind=kind, card={"license": "mit"})
    source = Gate(hub.url).source(HostPauses(SystemClock()))
    for revision in (None, commit):
        document = (await source.resolve(Repository(kind, "org/thing"), revision)).document
        assert document is not None
        assert (document["id"], document["cardData"]) == ("org/thing", {"license": "mit"})
    await source.close()


async def test_connections_for_bytes_are_given_up_when_the_settings_say(hub: StandInHub) -> None:
    hub.add(NAME, FILES)
    gate = Gate(hub.url, connect_seconds=0.5)
    source = gate.source(HostPauses(SystemClock()))
    async with source.open(REPOSITORY, "main", FILE, 0):
        assert [session.timeout.sock_connect for session in gate.sessions] == [0.5]
    await source.close()


def test_connections_for_questions_are_given_up_when_the_settings_say() -> None:
    recorder = Recorder([])
    api = HubApi(HuggingFaceSettings(connect_seconds=0.5, timeout_seconds=7), recorder.session)
    api.info(REPOSITORY, None)
    api.check_access(REPOSITORY)
    api.refs(REPOSITORY)
    api.commits(REPOSITORY, "main", 3)
    assert list(api.tree(REPOSITORY, COMMIT)) == []
    assert list(api.paths_info(REPOSITORY, COMMIT, ["a"])) == []
    waits = [request.extensions["timeout"] for request in recorder.requests]
    assert waits == [{"connect": 0.5, "read": 7, "write": 7, "pool": 7}] * 6


def test_addresses_are_those_of_the_protocol() -> None:
    recorder = Recorder([])
    api = HubApi(HuggingFaceSettings(endpoint="http://hub.example/prefix"), recorder.session)
    api.info(Repository(Kind.DATASET, "a/b"), "refs/pr/1")
    api.refs(REPOSITORY)
    api.commits(REPOSITORY, "a b", 3)
    list(api.tree(REPOSITORY, COMMIT))
    assert [str(request.url).removeprefix("http://hub.example/prefix/api/") for request in recorder.requests] == [
        "datasets/a/b/revision/refs%2Fpr%2F1",
        f"models/{NAME}/refs?include_prs=1",
        f"models/{NAME}/commits/a%20b?p=3",
        f"models/{NAME}/tree/{COMMIT}?recursive=true&expand=false",
    ]


def test_a_tree_that_does_not_end_is_nonsense() -> None:
    recorder = Recorder([{}], {"Link": '<http://hub.example/next>; rel="next"'})
    api = HubApi(HuggingFaceSettings(endpoint="http://hub.example"), recorder.session)
    with pytest.raises(UpstreamNonsense):
        list(api.tree(REPOSITORY, COMMIT, most_pages=3))
    assert [request.url.path for request in recorder.requests].count("/next") == 3


def test_lists_in_lists_without_end_are_nonsense() -> None:
    depth = 100_000
    recorder = Recorder(content=b"[" * depth + b"]" * depth)
    api = HubApi(HuggingFaceSettings(endpoint="http://hub.example"), recorder.session)
    with pytest.raises(UpstreamNonsense):
        api.refs(REPOSITORY)


class Recorder:
    """A session that answers everything in one way."""

    def __init__(
        self, json: object = None, headers: dict[str, str] | None = None, content: bytes | None = None
    ) -> None:
        self.requests: list[httpx2.Request] = []
        given: dict[str, Any] = {"json": json} if content is None else {"content": content}
        self._given: dict[str, Any] = {"headers": headers, **given}
        self._client = httpx2.Client(transport=httpx2.MockTransport(self._take))

    def session(self) -> httpx2.Client:
        """As ``get_session`` gives it."""
        return self._client

    def _take(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return httpx2.Response(200, **self._given)
