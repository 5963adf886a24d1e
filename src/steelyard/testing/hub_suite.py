"""What every ``Hub`` must do beside what every ``Source`` must: descriptions, references, history, single files.

Subclass ``HubSuite`` in a test module and hand in a ``HistoryPlace``. A place that could announce Xet should do so.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import pytest

from steelyard.core.ref import Kind
from steelyard.sources.errors import RepositoryMissing, RevisionMissing
from steelyard.sources.protocol import Hub, Repository
from steelyard.testing.source_suite import FILES, NAME, REPOSITORY, WEIGHTS, Place, SourceSuite

_NOTHING = Repository(Kind.MODEL, "acme/nothing")
_MORE_THAN_A_PAGE = 53


class HistoryPlace(Place, Protocol):
    """A place whose repositories have branches."""

    @property
    def source(self) -> Hub:
        """The source under test."""

    def hold(
        self,
        name: str,
        files: Mapping[str, bytes],
        *,
        tag: str | None = None,
        gated: bool = False,
        branch: str = "main",
    ) -> str:
        """Commit exactly these files on a branch; returns the commit.

        A branch called refs/pr/1 is a pull request, one called refs/convert/parquet a conversion.
        """


class HubSuite(SourceSuite):
    """Whatever comes out is free of Xet."""

    @pytest.fixture
    async def place(self) -> HistoryPlace:
        """An empty place; give one in the subclass."""
        raise NotImplementedError("give the suite a 'place' fixture in your subclass")

    def test_it_is_known_as_a_hub(self, place: HistoryPlace) -> None:
        """At run time."""
        assert isinstance(place.source, Hub)

    async def test_the_description_is_the_hubs_own(self, place: HistoryPlace) -> None:
        """With the name and the commit asked for, without files and without Xet."""
        tagged = place.hold(NAME, FILES, tag="v1")
        place.hold(NAME, {**FILES, "config.json": b"{}"})
        document = (await place.source.resolve(REPOSITORY, "v1")).document
        assert document is not None
        assert (document["id"], document["sha"]) == (NAME, tagged)
        assert "siblings" not in document
        assert not [key for key in keys_in(document) if "xet" in key.lower()]

    async def test_references_have_their_commits(self, place: HistoryPlace) -> None:
        """Branches, tags, conversions and pull requests, each with the whole ref."""
        tagged = place.hold(NAME, FILES, tag="v1")
        newer = place.hold(NAME, {**FILES, "config.json": b"{}"})
        other = {
            ref: place.hold(NAME, {"a": ref.encode()}, branch=ref) for ref in ("refs/pr/1", "refs/convert/parquet")
        }
        refs = await place.source.refs(REPOSITORY)
        assert told(refs, "branches") == [("main", "refs/heads/main", newer)]
        assert told(refs, "tags") == [("v1", "refs/tags/v1", tagged)]
        assert [line[1:] for line in told(refs, "pullRequests")] == [("refs/pr/1", other["refs/pr/1"])]
        assert told(refs, "converts") == [("parquet", "refs/convert/parquet", other["refs/convert/parquet"])]

    async def test_a_pull_request_is_resolved_by_its_ref(self, place: HistoryPlace) -> None:
        """Its slashes are part of the name."""
        place.hold(NAME, FILES)
        proposed = place.hold(NAME, {"a": b"1"}, branch="refs/pr/1")
        assert (await place.source.resolve(REPOSITORY, "refs/pr/1")).commit == proposed

    async def test_the_history_is_newest_first_and_ends(self, place: HistoryPlace) -> None:
        """Page by page, each commit once."""
        made = [place.hold(NAME, {"config.json": b"%d" % number}) for number in range(_MORE_THAN_A_PAGE)]
        listed, page, more = list[str](), 0, True
        while more:
            commits, more = await place.source.commits(REPOSITORY, "main", page)
            listed += [str(commit["id"]) for commit in commits]
            page += 1
        assert listed == made[::-1]
        assert page > 1

    async def test_the_history_of_a_commit_begins_with_it(self, place: HistoryPlace) -> None:
        """What came later is left out."""
        first = place.hold(NAME, FILES)
        place.hold(NAME, {"config.json": b"{}"})
        commits, more = await place.source.commits(REPOSITORY, first, 0)
        assert ([commit["id"] for commit in commits], more) == ([first], False)

    async def test_single_files_are_described_as_listed(self, place: HistoryPlace) -> None:
        """Folders, what is not there, and what is asked for twice are left out."""
        commit = place.hold(NAME, FILES)
        listed = {file.path: file for file in await place.source.list_files(REPOSITORY, commit)}
        asked = [WEIGHTS, "sub/folder", "absent", "config.json", WEIGHTS]
        described = await place.source.describe(REPOSITORY, commit, asked)
        assert described == [listed[WEIGHTS], listed["config.json"]]

    async def test_nothing_is_described_without_a_path(self, place: HistoryPlace) -> None:
        """An empty question has an empty answer."""
        commit = place.hold(NAME, FILES)
        assert await place.source.describe(REPOSITORY, commit, []) == []

    async def test_many_files_are_described_at_once(self, place: HistoryPlace) -> None:
        """Whatever a hub takes in one request."""
        files = {f"part-{number:05d}.json": b"%d" % number for number in range(1203)}
        commit = place.hold(NAME, files)
        described = await place.source.describe(REPOSITORY, commit, list(files))
        assert [file.path for file in described] == list(files)

    async def test_an_unknown_repository_has_no_history(self, place: HistoryPlace) -> None:
        """Each question says so."""
        for question in (
            place.source.refs(_NOTHING),
            place.source.commits(_NOTHING, "main", 0),
            place.source.describe(_NOTHING, "0" * 40, ["a"]),
        ):
            with pytest.raises(RepositoryMissing):
                await question

    async def test_an_unknown_revision_has_no_history(self, place: HistoryPlace) -> None:
        """A branch and a commit alike."""
        place.hold(NAME, FILES)
        with pytest.raises(RevisionMissing):
            await place.source.commits(REPOSITORY, "no-such-branch", 0)
        with pytest.raises(RevisionMissing):
            await place.source.describe(REPOSITORY, "0" * 40, ["config.json"])


def told(refs: Mapping[str, Any], group: str) -> list[tuple[str, str, str]]:
    """Name, ref and commit of each reference of a group."""
    return [(ref["name"], ref["ref"], ref["targetCommit"]) for ref in refs[group]]


def keys_in(value: Any) -> Iterator[str]:
    """Every key of some JSON, at any depth."""
    if isinstance(value, Mapping):
        yield from value
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from keys_in(item)
