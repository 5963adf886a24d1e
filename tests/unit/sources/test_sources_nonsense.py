"""What a hub says is believed only in the form that it must have; how long it may ask to wait, too."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from steelyard.core.clock import SystemClock
from steelyard.core.ref import Kind
from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.errors import UpstreamBusy, UpstreamNonsense, UpstreamUnavailable
from steelyard.sources.http import pause_of, retry_after
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.huggingface.shapes import LONGEST_DOCUMENT
from steelyard.sources.huggingface.source import HuggingFaceSource, create
from steelyard.sources.pauses import LONGEST_WAIT, HostPauses
from steelyard.sources.protocol import Repository
from steelyard.sources.registry import SourceContext
from steelyard.testing.clock import HandClock
from steelyard.testing.hub import Blob
from tests.flows.lying_hub import Lie, LyingHub, entries_with, info_with

MODEL = Repository(Kind.MODEL, "org/name")
WEIGHTS = "model.safetensors"
HOUR = 3600.0


@pytest.fixture
async def hub() -> AsyncIterator[LyingHub]:
    """A hub with one model."""
    async with LyingHub() as hub:
        hub.add(MODEL.name, {WEIGHTS: Blob(5000, 1)})
        yield hub


@pytest.fixture
async def source(hub: LyingHub) -> AsyncIterator[HuggingFaceSource]:
    """The real source in front of it."""
    clock = SystemClock()
    settings = {"huggingface": HuggingFaceSettings(endpoint=hub.url)}
    made = create(SourceContext(settings, clock, HostPauses(clock), Bandwidth(clock, None)))
    yield made
    await made.close()


@pytest.mark.parametrize("value", [None, "", "main", "a" * 39, "a" * 41, "A" * 40, "g" * 40, "..", f"{'a' * 40}\n", 7])
async def test_no_commit(hub: LyingHub, source: HuggingFaceSource, value: object) -> None:
    hub.lies["info"] = info_with(sha=value)
    with pytest.raises(UpstreamNonsense):
        await source.resolve(MODEL, None)


@pytest.mark.parametrize(
    "value",
    [
        "", ".", "..", "org/..", "../org", "a/b/c", "x" * 300, "a\0b", "a\nb", "/name", "org/", "org name", "m~01",
        "org/name@main", "org/name:Q4", "models/org/name", "datasets/org/name", "http://127.0.0.1/x", None, 7, ["x"],
    ],
    ids=ascii,
)  # fmt: skip
async def test_no_repository(hub: LyingHub, source: HuggingFaceSource, value: object) -> None:
    hub.lies["info"] = info_with(id=value)
    with pytest.raises(UpstreamNonsense):
        await source.resolve(MODEL, None)


@pytest.mark.parametrize(
    "lie",
    [
        lambda _body: [], lambda _body: 7, lambda _body: {}, info_with(siblings=["x"]), info_with(siblings=7),
        info_with(lastModified=7), info_with(lastModified=["x"]), info_with(cardData="x"), info_with(gguf="x"),
    ],
    ids=["list", "number", "empty", "sibling", "siblings", "moment", "moments", "card", "gguf"],
)  # fmt: skip
async def test_no_description_is_an_accident_of_ours(hub: LyingHub, source: HuggingFaceSource, lie: Lie) -> None:
    hub.lies["info"] = lie
    with suppress(UpstreamNonsense, UpstreamUnavailable):  # what the library does not look at does no harm
        assert (await source.resolve(MODEL, None)).repository == MODEL


@pytest.mark.parametrize("name", ["gpt2", "Org/Name.v2", "org/name-with_all.3"])
async def test_another_name_is_a_rename(hub: LyingHub, source: HuggingFaceSource, name: str) -> None:
    hub.lies["info"] = info_with(id=name)
    assert (await source.resolve(MODEL, None)).repository == Repository(Kind.MODEL, name)


@pytest.mark.parametrize(
    "fields",
    [
        {"size": "5000"}, {"size": 1 << 63}, {"size": 2**70}, {"size": -1}, {"size": None}, {"size": 5.0},
        {"oid": None}, {"oid": 5}, {"oid": ""}, {"oid": "a" * 63}, {"oid": "A" * 64}, {"oid": "../" * 22},
    ],
    ids=str,
)  # fmt: skip
async def test_no_file(hub: LyingHub, source: HuggingFaceSource, fields: dict[str, Any]) -> None:
    commit = (await source.resolve(MODEL, None)).commit
    hub.lies["tree"] = entries_with(**fields)
    with pytest.raises(UpstreamNonsense):
        await source.list_files(MODEL, commit)


@pytest.mark.parametrize(
    "lie",
    [
        lambda _body: 7, lambda _body: None, lambda _body: ["x"], lambda _body: [{}], lambda _body: [{"id": "main"}],
        lambda _body: {"branches": [{}]}, lambda _body: {"branches": [{"name": "a", "ref": "b", "targetCommit": "c"}]},
    ],
    ids=["number", "null", "texts", "empty", "no commit", "empty branch", "no target"],
)  # fmt: skip
async def test_no_history(hub: LyingHub, source: HuggingFaceSource, lie: Lie) -> None:
    commit = (await source.resolve(MODEL, None)).commit
    for call in ("refs", "commits", "paths-info"):
        hub.lies[call] = lie
    with pytest.raises(UpstreamNonsense):
        await source.refs(MODEL)
    with pytest.raises(UpstreamNonsense):
        await source.commits(MODEL, commit, 0)
    with pytest.raises(UpstreamNonsense):
        await source.describe(MODEL, commit, [WEIGHTS])


async def test_what_nobody_asked_about_is_left_out(hub: LyingHub, source: HuggingFaceSource) -> None:
    commit = (await source.resolve(MODEL, None)).commit
    hub.lies["paths-info"] = lambda entries: [*entries, entries[0] | {"path": "../../etc"}, entries[0]]
    assert [file.path for file in await source.describe(MODEL, commit, [WEIGHTS])] == [WEIGHTS]


async def test_a_description_without_end_is_left_out(hub: LyingHub, source: HuggingFaceSource) -> None:
    hub.lies["info"] = info_with(cardData={"long": "x" * LONGEST_DOCUMENT})
    assert (await source.resolve(MODEL, None)).document is None


async def test_xet_is_left_out_wherever_it_stands(hub: LyingHub, source: HuggingFaceSource) -> None:
    hub.lies["info"] = info_with(xetEnabled=True, cardData={"a": [{"xetHash": "b", "c": 1}]})
    document = (await source.resolve(MODEL, None)).document
    assert document is not None
    assert ("xetEnabled" in document, document["cardData"]) == (False, {"a": [{"c": 1}]})


async def test_the_largest_size_there_is(hub: LyingHub, source: HuggingFaceSource) -> None:
    commit = (await source.resolve(MODEL, None)).commit
    hub.lies["tree"] = entries_with(size=(1 << 63) - 1)
    [file] = await source.list_files(MODEL, commit)
    assert file.size == (1 << 63) - 1


@pytest.mark.parametrize("target", ["http://[::1", "http://127.0.0.1:99999", "ftp://127.0.0.1/x", "file:///x"])
async def test_no_address(hub: LyingHub, source: HuggingFaceSource, target: str) -> None:
    found = await source.resolve(MODEL, None)
    [file] = await source.list_files(MODEL, found.commit)
    hub.faults.status(f"{MODEL.name}/{WEIGHTS}", 302, headers={"Location": target})
    with pytest.raises(UpstreamNonsense, match="redirects"):
        await source.open(MODEL, found.commit, file, 0).__aenter__()


async def test_an_offset_beyond_the_end(hub: LyingHub, source: HuggingFaceSource) -> None:
    found = await source.resolve(MODEL, None)
    [file] = await source.list_files(MODEL, found.commit)
    with pytest.raises(UpstreamNonsense, match=WEIGHTS):
        await source.open(MODEL, found.commit, file, 6000).__aenter__()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0), ({"Retry-After": "99999999"}, HOUR), ({"Retry-After": "9" * 400}, HOUR),
        ({"ratelimit": '"api";r=0;t=55'}, 55.0), ({"ratelimit": '"api";r=0;t=999999999999'}, HOUR),
        ({"Retry-After": "Fri, 20 Nov 2026 12:00:00 GMT"}, None), ({"Retry-After": "-5"}, None), ({}, None),
    ],
)  # fmt: skip
def test_no_pause_is_longer_than_an_hour(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
    assert pause_of(headers) == (5.0 if seconds is None else seconds)


@pytest.mark.parametrize(("status", "error"), [(429, UpstreamBusy), (503, UpstreamUnavailable)])
async def test_a_hub_that_asks_for_ages_is_told_of_with_a_hint(
    hub: LyingHub, source: HuggingFaceSource, status: int, error: type[UpstreamBusy | UpstreamUnavailable]
) -> None:
    found = await source.resolve(MODEL, None)
    [file] = await source.list_files(MODEL, found.commit)
    hub.faults.status(f"{MODEL.name}/{WEIGHTS}", status, headers={"Retry-After": "99999999"})
    with pytest.raises(error) as caught:
        await source.open(MODEL, found.commit, file, 0).__aenter__()
    assert caught.value.retry_after == HOUR
    assert caught.value.hint


async def test_nobody_waits_in_line_for_longer_than_a_minute() -> None:
    clock = HandClock()
    pauses = HostPauses(clock)
    pauses.pause("hub", 10 * HOUR)
    clock.forward(seconds=HOUR - LONGEST_WAIT - 1)
    with pytest.raises(UpstreamBusy) as caught:
        await pauses.wait("hub")
    assert caught.value.retry_after == LONGEST_WAIT + 1
    assert caught.value.hint
    await pauses.wait("another")
    clock.forward(seconds=LONGEST_WAIT + 1)
    await pauses.wait("hub")
