"""What every ``Source`` must do. Subclass it in a test module and hand in a ``Place``: the source, and the outside
place behind it, which the suite fills and breaks. Needs pytest with pytest-asyncio in auto mode."""

import hashlib
from collections.abc import Mapping
from typing import Protocol

import pytest

from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.sources.errors import (
    AccessRefused,
    FileMissing,
    RepositoryMissing,
    RevisionMissing,
    UpstreamUnavailable,
)
from steelyard.sources.protocol import RemoteFile, Repository, Source

NAME = "acme/anvil"
REPOSITORY = Repository(Kind.MODEL, NAME)
WEIGHTS = "weights.safetensors"
SMALL = b'{"model_type": "anvil"}'
LARGE = bytes(range(251)) * 1000  # no power of two, so that a shift shows
FILES = {WEIGHTS: LARGE, "config.json": SMALL, "sub/folder/notes.txt": b"deep"}


class Place(Protocol):
    """The outside place as the suite sees it. Faults act on the next opening of the file."""

    @property
    def source(self) -> Source:
        """The source under test."""

    def hold(self, name: str, files: Mapping[str, bytes], *, tag: str | None = None, gated: bool = False) -> str:
        """Commit exactly these files on the default branch, which is called main; returns the commit."""

    def cut(self, name: str, path: str, after: int) -> None:
        """Break the next stream of a file after so many bytes."""

    def ignore_range(self, name: str, path: str) -> None:
        """Send the whole file whatever offset is asked for."""


class SourceSuite:
    """Revisions, listings, bytes, and the errors of each."""

    @pytest.fixture
    async def place(self) -> Place:
        """An empty place; give one in the subclass."""
        raise NotImplementedError("give the suite a 'place' fixture in your subclass")

    async def test_no_revision_means_the_default_branch(self, place: Place) -> None:
        """None and main are the same."""
        commit = place.hold(NAME, FILES)
        assert (await place.source.resolve(REPOSITORY, None)).commit == commit
        assert (await place.source.resolve(REPOSITORY, "main")).commit == commit

    async def test_a_tag_stays_where_it_was_put(self, place: Place) -> None:
        """The branch goes on, the tag does not."""
        tagged = place.hold(NAME, FILES, tag="v1")
        newer = place.hold(NAME, {**FILES, "config.json": b"{}"})
        assert (await place.source.resolve(REPOSITORY, "v1")).commit == tagged
        assert (await place.source.resolve(REPOSITORY, "main")).commit == newer != tagged

    async def test_a_commit_is_itself(self, place: Place) -> None:
        """Also when the branch has moved on, and the answer names the repository."""
        commit = place.hold(NAME, FILES)
        place.hold(NAME, {"config.json": b"{}"})
        resolved = await place.source.resolve(REPOSITORY, commit)
        assert (resolved.repository, resolved.commit) == (REPOSITORY, commit)

    async def test_an_unknown_repository_is_missing(self, place: Place) -> None:
        """With a hint."""
        with pytest.raises(RepositoryMissing) as caught:
            await place.source.resolve(Repository(Kind.MODEL, "acme/nothing"), None)
        assert caught.value.hint

    async def test_an_unknown_revision_is_missing(self, place: Place) -> None:
        """A branch and a commit alike, with a hint."""
        place.hold(NAME, FILES)
        for revision in ("no-such-branch", "0" * 40):
            with pytest.raises(RevisionMissing) as caught:
                await place.source.resolve(REPOSITORY, revision)
            assert caught.value.hint

    async def test_a_gated_repository_is_refused_at_once(self, place: Place) -> None:
        """Before a job is made for it, with a hint."""
        place.hold(NAME, FILES, gated=True)
        with pytest.raises(AccessRefused) as caught:
            await place.source.resolve(REPOSITORY, None)
        assert caught.value.hint

    async def test_a_repository_that_became_gated_refuses_its_bytes(self, place: Place) -> None:
        """Between the look at it and the fetch."""
        commit = place.hold(NAME, FILES)
        file = await self.listed(place.source, commit, WEIGHTS)
        place.hold(NAME, FILES, gated=True)
        with pytest.raises(AccessRefused) as caught:
            await place.source.open(REPOSITORY, commit, file, 0).__aenter__()
        assert caught.value.hint

    async def test_the_listing_has_every_file_with_size_and_digest(self, place: Place) -> None:
        """The digests are those of the bytes."""
        commit = place.hold(NAME, FILES)
        listed = await place.source.list_files(REPOSITORY, commit)
        assert {file.path: file.size for file in listed} == {path: len(data) for path, data in FILES.items()}
        assert all(is_digest_of(file.digest, FILES[file.path]) for file in listed)
        assert {file.digest.algorithm for file in listed if file.path == WEIGHTS} == {"sha256"}

    async def test_the_listing_is_the_same_each_time(self, place: Place) -> None:
        """A plan made twice is one plan."""
        commit = place.hold(NAME, FILES)
        once = await place.source.list_files(REPOSITORY, commit)
        assert await place.source.list_files(REPOSITORY, commit) == once

    async def test_a_listing_of_more_than_a_thousand_files_is_whole(self, place: Place) -> None:
        """Hubs answer in pages of a thousand."""
        files = {f"part-{number:05d}.json": b"%d" % number for number in range(1203)}
        commit = place.hold(NAME, files)
        listed = await place.source.list_files(REPOSITORY, commit)
        assert sorted(file.path for file in listed) == sorted(files)

    async def test_the_listing_of_an_unknown_repository_is_missing(self, place: Place) -> None:
        """As resolve says it."""
        with pytest.raises(RepositoryMissing):
            await place.source.list_files(Repository(Kind.MODEL, "acme/nothing"), "0" * 40)

    async def test_a_stream_brings_the_whole_file(self, place: Place) -> None:
        """In pieces that are never empty."""
        place.hold(NAME, FILES)
        for path, content in FILES.items():
            assert await self.read(place.source, path, 0) == (0, content)

    async def test_a_stream_begins_at_the_offset(self, place: Place) -> None:
        """The first byte, the last byte and some between."""
        place.hold(NAME, FILES)
        for offset in (1, 70_000, len(LARGE) - 1):
            assert await self.read(place.source, WEIGHTS, offset) == (offset, LARGE[offset:])

    async def test_a_server_that_ignores_ranges_begins_at_zero(self, place: Place) -> None:
        """And says so, so that the caller starts over."""
        place.hold(NAME, FILES)
        place.ignore_range(NAME, WEIGHTS)
        assert await self.read(place.source, WEIGHTS, 1000) == (0, LARGE)

    async def test_a_missing_file_is_missing(self, place: Place) -> None:
        """What was announced may be gone."""
        commit = place.hold(NAME, FILES)
        gone = RemoteFile("gone.bin", 5, Digest("sha256", "0" * 64))
        with pytest.raises(FileMissing):
            await place.source.open(REPOSITORY, commit, gone, 0).__aenter__()

    async def test_a_cut_connection_is_upstream_unavailable(self, place: Place) -> None:
        """Worth another try, which brings the rest."""
        commit = place.hold(NAME, FILES)
        place.cut(NAME, WEIGHTS, 100_000)
        file = await self.listed(place.source, commit, WEIGHTS)
        came = bytearray()

        async def read_all() -> None:
            async with place.source.open(REPOSITORY, commit, file, 0) as stream:
                async for chunk in stream.chunks():
                    came.extend(chunk)

        with pytest.raises(UpstreamUnavailable):
            await read_all()
        assert LARGE.startswith(came)
        assert await self.read(place.source, WEIGHTS, len(came)) == (len(came), LARGE[len(came) :])

    async def read(self, source: Source, path: str, offset: int) -> tuple[int, bytes]:
        """Where the stream of a file began, and what it brought."""
        commit = (await source.resolve(REPOSITORY, None)).commit
        file = await self.listed(source, commit, path)
        came = bytearray()
        async with source.open(REPOSITORY, commit, file, offset) as stream:
            async for chunk in stream.chunks():
                assert chunk, "a piece must not be empty"
                came += chunk
            return stream.start, bytes(came)

    @staticmethod
    async def listed(source: Source, commit: str, path: str) -> RemoteFile:
        """The file as the place announces it."""
        files = {file.path: file for file in await source.list_files(REPOSITORY, commit)}
        return files[path]


def is_digest_of(digest: Digest, content: bytes) -> bool:
    """Whether it is, computed here from the definitions: SHA-256, or git's blob hash."""
    if digest.algorithm == "sha256":
        return digest.hex == hashlib.sha256(content).hexdigest()
    header = b"blob " + str(len(content)).encode() + b"\0"
    return digest.hex == hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
