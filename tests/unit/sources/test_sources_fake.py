"""The shipped FakeSource is held to the same suite as the real source."""

from collections.abc import Mapping

import pytest

from steelyard.core.ref import Kind
from steelyard.sources.errors import UpstreamBusy
from steelyard.sources.protocol import Hub, Repository
from steelyard.testing.hub_suite import HistoryPlace, HubSuite
from steelyard.testing.source import FakeSource
from steelyard.testing.source_suite import FILES, LARGE, NAME, REPOSITORY, WEIGHTS


class FakePlace:
    """A FakeSource, as the suite addresses a place."""

    def __init__(self) -> None:
        self.fake = FakeSource()

    @property
    def source(self) -> Hub:
        return self.fake

    def hold(
        self,
        name: str,
        files: Mapping[str, bytes],
        *,
        tag: str | None = None,
        gated: bool = False,
        branch: str = "main",
    ) -> str:
        return self.fake.hold(name, files, tag=tag, gated=gated, branch=branch)

    def cut(self, name: str, path: str, after: int) -> None:
        self.fake.cut(path, after)

    def ignore_range(self, name: str, path: str) -> None:
        self.fake.ignore_range(path)


class TestFakeSource(HubSuite):
    """In memory."""

    @pytest.fixture
    async def place(self) -> HistoryPlace:
        """A fake without a repository."""
        return FakePlace()


async def test_it_counts_what_it_sent() -> None:
    fake = FakeSource()
    commit = fake.hold(NAME, FILES)
    files = {file.path: file for file in await fake.list_files(REPOSITORY, commit)}
    for offset in (0, 100_000):
        async with fake.open(REPOSITORY, commit, files[WEIGHTS], offset) as stream:
            assert sum([len(chunk) async for chunk in stream.chunks()]) == len(LARGE) - offset
    assert fake.bytes_sent[WEIGHTS] == 2 * len(LARGE) - 100_000
    assert fake.opened == [(WEIGHTS, 0), (WEIGHTS, 100_000)]


async def test_a_flipped_byte_is_wrong_once() -> None:
    fake = FakeSource()
    commit = fake.hold(NAME, FILES)
    files = {file.path: file for file in await fake.list_files(REPOSITORY, commit)}
    fake.flip(WEIGHTS, 70_000)
    came = []
    for _ in range(2):
        async with fake.open(REPOSITORY, commit, files[WEIGHTS], 0) as stream:
            came.append(b"".join([chunk async for chunk in stream.chunks()]))
    assert [place for place, (was, now) in enumerate(zip(LARGE, came[0], strict=True)) if was != now] == [70_000]
    assert came[1] == LARGE


async def test_it_refuses_as_often_as_told() -> None:
    fake = FakeSource()
    fake.hold(NAME, FILES)
    fake.refuse(UpstreamBusy("slow down", retry_after=1), times=2)
    for _ in range(2):
        with pytest.raises(UpstreamBusy):
            await fake.resolve(REPOSITORY, None)
    assert (await fake.resolve(REPOSITORY, None)).commit


async def test_it_says_what_it_was_told_about_a_repository() -> None:
    fake = FakeSource()
    fake.hold(NAME, FILES, document={"gated": "auto", "xetEnabled": True, "siblings": [], "cardData": {"a": 1}})
    commit = fake.hold(NAME, {"a": b"1"})
    assert (await fake.resolve(REPOSITORY, None)).document == {
        "id": NAME, "sha": commit, "private": False, "gated": "auto", "tags": [], "cardData": {"a": 1},
    }  # fmt: skip


async def test_kinds_are_apart_and_closing_is_seen() -> None:
    fake = FakeSource()
    fake.hold("gpt2", {"a": b"1"})
    dataset = fake.hold("gpt2", {"a": b"2"}, kind=Kind.DATASET)
    assert (await fake.resolve(Repository(Kind.DATASET, "gpt2"), "main")).commit == dataset
    await fake.close()
    assert fake.closed
