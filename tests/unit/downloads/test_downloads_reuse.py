"""Bytes that lie here are used when they look as they did when their hash was right, and read again otherwise."""

from pathlib import Path

import pytest

from steelyard.catalog.blobs import Holder, Seal
from steelyard.catalog.models import EntryName, FileState
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.downloads.errors import DiskFull
from steelyard.downloads.plan import Blob
from steelyard.downloads.reuse import Holders, Reuse
from steelyard.downloads.room import no_room
from steelyard.jobs.errors import LeaseLost
from steelyard.storage import links
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.layout import RepoFolder
from steelyard.testing.clock import HandClock
from steelyard.testing.source import digest_of

CONTENT = b"the weights of a model " * 100
BLOB = Blob(digest_of(CONTENT), len(CONTENT), ("model.safetensors",), here=False)
OURS, THEIRS = (EntryName("huggingface", Kind.MODEL, repo) for repo in ("org/ours", "org/theirs"))


@pytest.fixture
def storage(tmp_path: Path) -> DiskStorage:
    """In which their repository has the blob."""
    storage = DiskStorage(tmp_path / "store")
    publish(storage, THEIRS)
    return storage


def publish(storage: DiskStorage, name: EntryName) -> None:
    """Put the blob there as a download does."""
    with storage.open_part(BLOB.digest) as part:
        part.write(0, CONTENT)
    storage.publish_part(BLOB.digest, RepoFolder(name.kind, name.repo))


def place(storage: DiskStorage, name: EntryName) -> Path:
    """Where an entry has the blob."""
    return storage.layout.blob(RepoFolder(name.kind, name.repo), BLOB.digest)


def overwrite(path: Path, content: bytes = CONTENT.upper()) -> None:
    """As somebody else does."""
    path.chmod(0o644)
    path.write_bytes(content)


def held(storage: DiskStorage, clock: HandClock, *, sealed: bool = True, entry: int = 2) -> Holders:
    """What the table says: they hold it, as it looks now."""
    seal = Seal(Fingerprint.of(place(storage, THEIRS).stat()), clock.now()) if sealed else None
    return {BLOB.digest: [Holder(entry, THEIRS, BLOB.digest, seal)]}


def reuse(storage: DiskStorage, holders: Holders) -> Reuse:
    """For our entry, which is number 1."""
    return Reuse(storage, 1, OURS, holders, lambda: None, lambda _: None)


def test_sealed_bytes_are_linked_and_not_read(storage: DiskStorage, clock: HandClock) -> None:
    looking = reuse(storage, held(storage, clock))
    taken = looking.take(BLOB)
    assert taken is not None
    assert taken.file == Fingerprint.of(place(storage, OURS).stat()) == Fingerprint.of(place(storage, THEIRS).stat())
    assert (looking.learned.right, looking.learned.wrong) == ([], [])


def test_bytes_that_nobody_sealed_are_read_and_sealed(storage: DiskStorage, clock: HandClock) -> None:
    looking = reuse(storage, held(storage, clock, sealed=False))
    assert looking.take(BLOB) is not None
    assert [(entry, digest) for entry, digest, _ in looking.learned.right] == [(2, BLOB.digest)]


def test_a_file_that_was_only_touched_is_read_and_used(storage: DiskStorage, clock: HandClock) -> None:
    holders = held(storage, clock)
    overwrite(place(storage, THEIRS), CONTENT)
    looking = reuse(storage, holders)
    assert looking.take(BLOB) is not None
    assert len(looking.learned.right) == 1


@pytest.mark.parametrize("wrong", [CONTENT.upper(), CONTENT[:-1]])
def test_wrong_bytes_go_no_further(storage: DiskStorage, clock: HandClock, wrong: bytes) -> None:
    holders = held(storage, clock)
    overwrite(place(storage, THEIRS), wrong)
    looking = reuse(storage, holders)
    assert looking.take(BLOB) is None
    assert not place(storage, OURS).exists()
    ((suspect, seen),) = looking.learned.wrong
    assert (suspect.entry, suspect.path, seen.size) == (2, "model.safetensors", len(wrong))
    assert place(storage, THEIRS).read_bytes() == wrong  # whoever asked writes it down first


def test_one_wrong_file_with_two_names_is_wrong_for_both(storage: DiskStorage, clock: HandClock) -> None:
    storage.share_blob(RepoFolder(THEIRS.kind, THEIRS.repo), RepoFolder(OURS.kind, OURS.repo), BLOB.digest)
    holders = held(storage, clock)
    overwrite(place(storage, THEIRS))
    reads: list[None] = []
    looking = Reuse(storage, 1, OURS, holders, lambda: reads.append(None), lambda _: None)
    assert looking.take(BLOB) is None
    assert sorted(suspect.entry for suspect, _ in looking.learned.wrong) == [1, 2]
    assert len(reads) == 2  # at the beginning, and for one piece of one reading


def test_a_right_copy_is_found_behind_a_wrong_one(storage: DiskStorage, clock: HandClock) -> None:
    publish(storage, OURS)
    overwrite(place(storage, OURS))
    taken = reuse(storage, held(storage, clock)).take(BLOB)
    assert taken is not None
    assert place(storage, OURS).read_bytes() == CONTENT
    assert [path.read_bytes() for path in storage.layout.foreign.iterdir()] == [CONTENT.upper()]


def test_what_the_table_does_not_know_is_read(storage: DiskStorage) -> None:
    publish(storage, OURS)
    looking = reuse(storage, {})
    assert looking.take(BLOB) is not None
    assert len(looking.learned.right) == 1


def test_what_is_gone_is_fetched(storage: DiskStorage, clock: HandClock) -> None:
    holders = held(storage, clock)
    place(storage, THEIRS).unlink()
    looking = reuse(storage, holders)
    assert looking.take(BLOB) is None
    assert looking.learned.wrong == []


def test_pickles_are_taken_from_quarantine_alone(storage: DiskStorage, clock: HandClock) -> None:
    pickle = Blob(BLOB.digest, BLOB.size, ("pytorch_model.bin",), here=False)
    looking = reuse(storage, held(storage, clock))
    assert looking.take(pickle) is None
    with storage.open_part(BLOB.digest) as part:
        part.write(0, CONTENT)
    storage.quarantine_part(BLOB.digest)
    taken = looking.take(pickle)
    assert taken is not None
    assert taken.state is FileState.QUARANTINED


def test_pickles_that_passed_are_taken_from_the_shelf(storage: DiskStorage, clock: HandClock) -> None:
    pickle = Blob(BLOB.digest, BLOB.size, ("pytorch_model.bin",), here=False)
    holders, passed = held(storage, clock), {BLOB.digest}
    taken = Reuse(storage, 1, OURS, holders, lambda: None, lambda _: None, passed).take(pickle)
    assert taken is not None
    assert taken.state is FileState.STORED
    assert place(storage, OURS).samefile(place(storage, THEIRS))


def test_no_reading_without_the_lease(storage: DiskStorage, clock: HandClock) -> None:
    def lost() -> None:
        raise LeaseLost("job")

    with pytest.raises(LeaseLost):
        Reuse(storage, 1, OURS, held(storage, clock), lost, lambda _: None).take(BLOB)


class Changing(DiskStorage):
    """Somebody writes to their file just when it is shared: after the look, before the link."""

    def share_blob(
        self,
        source: RepoFolder,
        target: RepoFolder,
        digest: Digest,
        seen: Fingerprint | None = None,
        step: links.Step = lambda _: None,
    ) -> Fingerprint | None:
        """Writes first."""
        overwrite(self.layout.blob(source, digest))
        return super().share_blob(source, target, digest, seen, step)


@pytest.mark.parametrize("duplicate", [links.duplicate, links.copy_bytes])
def test_what_changes_while_it_is_shared_is_fetched(
    tmp_path: Path, clock: HandClock, duplicate: links.Duplicate
) -> None:
    storage = Changing(tmp_path / "store", duplicate=duplicate)
    publish(storage, THEIRS)
    assert reuse(storage, held(storage, clock)).take(BLOB) is None
    assert not list(place(storage, OURS).parent.iterdir())


def test_a_copy_needs_room_and_leaves_nothing_without(tmp_path: Path, clock: HandClock) -> None:
    storage = DiskStorage(tmp_path / "store", duplicate=links.copy_bytes)
    publish(storage, THEIRS)
    asked: list[int] = []

    def full(needed: int) -> None:
        asked.append(needed)
        raise no_room(needed, 0)

    with pytest.raises(DiskFull):
        Reuse(storage, 1, OURS, held(storage, clock), lambda: None, full).take(BLOB)
    assert asked == [BLOB.size]
    assert not list(place(storage, OURS).parent.iterdir())


def test_a_copy_stops_when_the_lease_is_lost(tmp_path: Path, clock: HandClock) -> None:
    storage = DiskStorage(tmp_path / "store", duplicate=links.copy_bytes)
    publish(storage, THEIRS)
    calls: list[None] = []

    def lost() -> None:
        calls.append(None)
        if len(calls) > 1:
            raise LeaseLost("job")

    with pytest.raises(LeaseLost):
        Reuse(storage, 1, OURS, held(storage, clock), lost, lambda _: None).take(BLOB)
    assert not list(place(storage, OURS).parent.iterdir())
