"""Questions to the hub: shared while they are on their way, and never waited for too long."""

import asyncio

import pytest

from steelyard.core.ref import Kind
from steelyard.downloads.resolve import Resolver
from steelyard.sources.errors import RepositoryMissing, UpstreamUnavailable
from steelyard.sources.protocol import Repository, Resolved
from steelyard.testing.source import FakeSource

REPOSITORY = Repository(Kind.MODEL, "org/name")


class SlowSource(FakeSource):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.questions = 0
        self.may_answer = asyncio.Event()

    async def resolve(self, repository: Repository, revision: str | None) -> Resolved:
        """Wait, then answer as FakeSource."""
        self.questions += 1
        await self.may_answer.wait()
        return await super().resolve(repository, revision)


async def test_many_who_ask_share_one_question() -> None:
    source = SlowSource()
    commit = source.hold("org/name", {"a": b"a"})
    resolver = Resolver(10)
    asking = [asyncio.create_task(resolver.resolve(source, REPOSITORY, None)) for _ in range(5)]
    await asyncio.sleep(0)
    source.may_answer.set()
    assert await asyncio.gather(*asking) == [Resolved(REPOSITORY, commit)] * 5
    assert source.questions == 1


async def test_a_question_that_takes_too_long_goes_on() -> None:
    source = SlowSource()
    source.hold("org/name", {"a": b"a"})
    assert await Resolver(0.001).resolve(source, REPOSITORY, None) is None
    patient = Resolver(0.001)
    assert await patient.resolve(source, REPOSITORY, None) is None
    assert await patient.resolve(source, REPOSITORY, None) is None
    assert source.questions == 2
    source.may_answer.set()
    await asyncio.sleep(0.01)
    assert await Resolver(10).resolve(source, REPOSITORY, None) is not None


async def test_errors_reach_everybody_and_are_not_remembered() -> None:
    source = FakeSource()
    resolver = Resolver(10)
    with pytest.raises(RepositoryMissing):
        await resolver.resolve(source, REPOSITORY, None)
    source.hold("org/name", {"a": b"a"})
    assert await resolver.resolve(source, REPOSITORY, None) is not None


async def test_an_error_that_nobody_waits_for_is_no_news() -> None:
    source = SlowSource()
    source.refuse(UpstreamUnavailable("down"))
    assert await Resolver(0.001).resolve(source, REPOSITORY, None) is None
    source.may_answer.set()
    await asyncio.sleep(0.01)


async def test_revisions_are_different_questions() -> None:
    source = FakeSource()
    old = source.hold("org/name", {"a": b"1"}, tag="v1")
    new = source.hold("org/name", {"a": b"2"})
    resolver = Resolver(10)
    found = await asyncio.gather(resolver.resolve(source, REPOSITORY, "v1"), resolver.resolve(source, REPOSITORY, None))
    assert [one.commit for one in found if one] == [old, new]
