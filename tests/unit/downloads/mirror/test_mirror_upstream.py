"""How rarely the hub is asked: answers are shared, kept while they are good, and a hub that is away is left alone."""

import asyncio

import pytest

from steelyard.core.ref import Kind
from steelyard.downloads.mirror.models import Named
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.mirror.upstream import Upstream
from steelyard.sources.errors import (
    AccessRefused,
    RepositoryMissing,
    RevisionMissing,
    UpstreamBusy,
    UpstreamUnavailable,
)
from steelyard.sources.protocol import RemoteFile, Repository
from steelyard.sources.registry import Sources
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.source import digest_of
from tests.unit.downloads.mirror.asked_hub import FILES, REPOSITORY, AskedHub

MAIN = Named(REPOSITORY, "main")
SECONDS = 30.0
NOTHING = digest_of(b"")


@pytest.fixture
async def hub() -> AskedHub:
    """A hub that has one repository."""
    hub = AskedHub()
    hub.hold(REPOSITORY.name, FILES, tag="v1")
    return hub


@pytest.fixture
def upstream(hub: AskedHub, clock: HandClock) -> Upstream:
    """The mirror's view of it, as usually set."""
    return made(hub, clock)


def made(hub: AskedHub, clock: HandClock, settings: MirrorSettings | None = None) -> Upstream:
    return Upstream(Sources({"huggingface": hub}), clock, settings or MirrorSettings.model_validate({}))


async def test_an_answer_is_good_for_a_while(hub: AskedHub, upstream: Upstream, clock: HandClock) -> None:
    first = await upstream.resolve(MAIN, SECONDS)
    clock.forward(seconds=299)
    assert await upstream.resolve(MAIN, SECONDS) == first
    assert hub.asked == ["resolve"]
    clock.forward(seconds=2)
    assert upstream.remembered(MAIN) is None
    await upstream.resolve(MAIN, SECONDS)
    assert hub.asked == ["resolve"] * 2


async def test_a_commit_that_a_branch_meant_is_not_asked_for(hub: AskedHub, upstream: Upstream) -> None:
    commit = (await upstream.resolve(MAIN, SECONDS)).commit
    again = await upstream.resolve(Named(REPOSITORY, commit), SECONDS)
    assert (again.commit, hub.asked) == (commit, ["resolve"])
    assert again.document is not None


async def test_a_question_that_is_on_its_way_is_shared(hub: AskedHub, upstream: Upstream) -> None:
    hub.answers.clear()
    waiting = [asyncio.create_task(upstream.resolve(MAIN, SECONDS)) for _ in range(10)]
    await eventually(lambda: hub.asked == ["resolve"])
    hub.answers.set()
    assert len({found.commit for found in await asyncio.gather(*waiting)}) == 1
    assert hub.asked == ["resolve"]


async def test_a_failure_is_shared_as_well(hub: AskedHub, upstream: Upstream) -> None:
    hub.answers.clear()
    hub.refuse(UpstreamBusy("slow down", retry_after=9))
    waiting = [asyncio.create_task(upstream.resolve(MAIN, SECONDS)) for _ in range(3)]
    await eventually(lambda: bool(hub.asked))
    hub.answers.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in found] == [UpstreamBusy] * 3
    assert hub.asked == ["resolve"]


async def test_whoever_leaves_does_not_take_the_question_along(hub: AskedHub, upstream: Upstream) -> None:
    hub.answers.clear()
    leaving = asyncio.create_task(upstream.resolve(MAIN, SECONDS))
    staying = asyncio.create_task(upstream.resolve(MAIN, SECONDS))
    await eventually(lambda: bool(hub.asked))
    leaving.cancel()
    hub.answers.set()
    assert (await staying).commit
    assert hub.asked == ["resolve"]


async def test_an_answer_that_nobody_waited_for_is_kept(hub: AskedHub, upstream: Upstream) -> None:
    hub.answers.clear()
    with pytest.raises(UpstreamUnavailable, match="not answered within"):
        await upstream.resolve(MAIN, 0.001)
    assert not upstream.is_away  # it is slow, and the question goes on
    hub.answers.set()
    await eventually(lambda: upstream.remembered(MAIN) is not None)
    await upstream.resolve(MAIN, SECONDS)
    assert hub.asked == ["resolve"]


@pytest.mark.parametrize("kind", [RepositoryMissing, RevisionMissing, AccessRefused])
async def test_a_no_is_good_for_half_a_minute(
    hub: AskedHub, upstream: Upstream, clock: HandClock, kind: type[RepositoryMissing]
) -> None:
    hub.refuse(kind("no"))
    for seconds in (0, 29):
        clock.forward(seconds=seconds)
        with pytest.raises(kind):
            await upstream.resolve(MAIN, SECONDS)
    assert hub.asked == ["resolve"]
    clock.forward(seconds=2)
    assert (await upstream.resolve(MAIN, SECONDS)).commit


async def test_a_no_to_one_name_is_none_to_another(hub: AskedHub, upstream: Upstream) -> None:
    with pytest.raises(RevisionMissing):
        await upstream.resolve(Named(REPOSITORY, "absent"), SECONDS)
    assert (await upstream.resolve(MAIN, SECONDS)).commit


async def test_a_hub_that_is_away_is_not_asked_for_five_seconds(
    hub: AskedHub, upstream: Upstream, clock: HandClock
) -> None:
    hub.refuse(UpstreamUnavailable("no connection"))
    with pytest.raises(UpstreamUnavailable, match="no connection"):
        await upstream.resolve(MAIN, SECONDS)
    assert upstream.is_away
    clock.forward(seconds=4)
    for ask in (
        upstream.resolve(MAIN, SECONDS), upstream.list_files(REPOSITORY, "a" * 40, SECONDS),
        upstream.refs(REPOSITORY, SECONDS), upstream.commits(REPOSITORY, "main", 0, SECONDS),
    ):  # fmt: skip
        with pytest.raises(UpstreamUnavailable, match="away") as caught:
            await ask
        assert caught.value.retry_after == 1.0
    assert hub.asked == ["resolve"]
    clock.forward(seconds=2)
    assert (await upstream.resolve(MAIN, SECONDS)).commit


async def test_what_is_fresh_is_told_while_the_hub_is_away(hub: AskedHub, upstream: Upstream) -> None:
    found = await upstream.resolve(MAIN, SECONDS)
    files = await upstream.list_files(REPOSITORY, found.commit, SECONDS)
    upstream.gone_away()
    assert await upstream.resolve(MAIN, SECONDS) == found
    assert await upstream.list_files(REPOSITORY, found.commit, SECONDS) == files


async def test_offline_it_is_never_asked(hub: AskedHub, clock: HandClock) -> None:
    upstream = made(hub, clock, MirrorSettings.model_validate({"offline": True}))
    clock.forward(days=300)
    for ask in (
        upstream.resolve(MAIN, SECONDS), upstream.list_files(REPOSITORY, "a" * 40, SECONDS),
        upstream.refs(REPOSITORY, SECONDS), upstream.commits(REPOSITORY, "main", 0, SECONDS),
    ):  # fmt: skip
        with pytest.raises(UpstreamUnavailable, match="offline"):
            await ask
    assert (hub.asked, upstream.is_away) == ([], True)


async def test_a_list_is_asked_for_once(hub: AskedHub, upstream: Upstream, clock: HandClock) -> None:
    commit = (await upstream.resolve(MAIN, SECONDS)).commit
    files = await upstream.list_files(REPOSITORY, commit, SECONDS)
    clock.forward(days=1)
    assert await upstream.list_files(REPOSITORY, commit, SECONDS) is files
    assert [file.path for file in files] == sorted(FILES)
    assert hub.asked == ["resolve", "list"]


class LongLists(AskedHub):
    """Each of its repositories has very many files."""

    async def list_files(self, repository: Repository, commit: str) -> list[RemoteFile]:
        """Note it."""
        await self._ask("list")
        return [RemoteFile(f"{number}.bin", 0, NOTHING) for number in range(40_000)]


async def test_only_as_many_lists_are_remembered_as_fit(clock: HandClock) -> None:
    hub = LongLists()
    upstream = made(hub, clock)
    commits = ["a" * 40, "b" * 40, "c" * 40]
    for commit in [*commits, *reversed(commits)]:
        await upstream.list_files(REPOSITORY, commit, SECONDS)
    assert hub.asked == ["list"] * 4  # the first was forgotten when the third came


async def test_only_as_many_long_descriptions_are_remembered_as_fit(clock: HandClock) -> None:
    hub = AskedHub()
    names = [Named(Repository(Kind.MODEL, f"org/m{number}"), "main") for number in range(40)]
    for named in names:
        hub.hold(named.repository.name, FILES, document={"card": "x" * 500_000})
    upstream = made(hub, clock)
    for named in names:
        await upstream.resolve(named, SECONDS)
    remembered = [named for named in names if upstream.remembered(named) is not None]
    assert 10 <= len(remembered) < 20
    assert remembered == names[-len(remembered) :]


async def test_branches_and_history_are_asked_each_time(hub: AskedHub, upstream: Upstream) -> None:
    commit = (await upstream.resolve(MAIN, SECONDS)).commit
    for _ in range(2):
        assert (await upstream.refs(REPOSITORY, SECONDS))["branches"][0]["targetCommit"] == commit
        items, more = await upstream.commits(REPOSITORY, commit, 0, SECONDS)
        assert ([item["id"] for item in items], more) == ([commit], False)
    assert hub.asked == ["resolve", "refs", "commits", "refs", "commits"]


async def test_which_names_meant_a_commit(upstream: Upstream) -> None:
    commit = (await upstream.resolve(MAIN, SECONDS)).commit
    await upstream.resolve(Named(REPOSITORY, "v1"), SECONDS)
    await upstream.resolve(Named(REPOSITORY, commit), SECONDS)
    assert sorted(upstream.names_of(REPOSITORY, commit)) == ["main", "v1"]
    assert upstream.names_of(REPOSITORY, "f" * 40) == []
    assert upstream.names_of(Repository(Kind.DATASET, REPOSITORY.name), commit) == []


async def test_a_source_without_history_cannot_be_mirrored(clock: HandClock) -> None:
    class Plain:
        """Some source."""

        hub = "huggingface"

    sources = Sources({"huggingface": Plain()})  # type: ignore[dict-item]  # it is not, and that is the point
    upstream = Upstream(sources, clock, MirrorSettings.model_validate({}))
    with pytest.raises(UpstreamUnavailable, match="tells no history"):
        await upstream.resolve(MAIN, SECONDS)


async def test_for_a_hub_that_hangs_nobody_waits_anew(hub: AskedHub, upstream: Upstream, clock: HandClock) -> None:
    hub.answers.clear()
    with pytest.raises(UpstreamUnavailable):
        await upstream.resolve(MAIN, 0.001)
    clock.forward(seconds=SECONDS)
    async with asyncio.timeout(SECONDS / 2):
        with pytest.raises(UpstreamUnavailable):
            await upstream.resolve(MAIN, SECONDS)
    assert hub.asked == ["resolve"]
    hub.answers.set()
    await eventually(lambda: upstream.remembered(MAIN) is not None)


@pytest.mark.parametrize(("seconds", "is_answered"), [(1.0, True), (3.0, True), (3.5, False), (None, False)])
async def test_a_short_pause_is_waited_for(
    hub: AskedHub, upstream: Upstream, seconds: float | None, is_answered: bool
) -> None:
    hub.refuse(UpstreamBusy("slow down", retry_after=seconds))
    if is_answered:
        assert (await upstream.resolve(MAIN, SECONDS)).commit
        assert hub.asked == ["resolve", "resolve"]  # the source holds the second one
    else:
        with pytest.raises(UpstreamBusy):
            await upstream.resolve(MAIN, SECONDS)
        assert hub.asked == ["resolve"]
    assert not upstream.is_away
