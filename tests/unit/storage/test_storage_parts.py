"""Part files between processes: whoever lost one writes into nothing, and publishes nothing."""

import os
import stat
from pathlib import Path

import pytest

from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.storage import links
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from steelyard.storage.parts import PartBusy, PartMissing, taken_away

FOLDER = RepoFolder(Kind.MODEL, "acme/anvil")
DIGEST = Digest("sha256", "ab" * 32)
HALF, WHOLE = b"first half, ", b"first half, second half"


class LeaseLost(Exception):
    """As a job's check raises it."""


def lost() -> None:
    """The lease is gone."""
    raise LeaseLost


def held() -> None:
    """The lease is good."""


@pytest.fixture
def storage(tmp_path: Path) -> DiskStorage:
    """Empty."""
    return DiskStorage(tmp_path)


def test_two_writers_never_have_the_same_file(storage: DiskStorage) -> None:
    with storage.open_part(DIGEST), pytest.raises(PartBusy) as busy:
        storage.open_part(DIGEST)
    assert busy.value.hint
    storage.open_part(DIGEST).close()


def test_a_frozen_owner_writes_into_nothing_after_a_takeover(storage: DiskStorage) -> None:
    frozen = storage.open_part(DIGEST)
    frozen.write(0, HALF)
    storage.renew_part(DIGEST, held)
    with storage.open_part(DIGEST) as mine:
        assert mine.size() == len(HALF)
        mine.write(len(HALF), WHOLE[len(HALF) :])
        frozen.write(0, b"WRONG BYTES")
        frozen.truncate(3)
        inode = mine.inode
    frozen.close()
    storage.publish_part(DIGEST, FOLDER, inode)
    assert storage.layout.blob(FOLDER, DIGEST).read_bytes() == WHOLE


def test_a_stale_owner_cannot_publish_what_somebody_else_is_writing(storage: DiskStorage) -> None:
    with storage.open_part(DIGEST) as stale:
        stale.write(0, WHOLE)
        inode = stale.inode
        storage.renew_part(DIGEST, held)
    with storage.open_part(DIGEST) as mine:
        mine.write(0, HALF)
        with pytest.raises(PartMissing):
            storage.publish_part(DIGEST, FOLDER, inode)
        with pytest.raises(PartMissing):
            storage.quarantine_part(DIGEST, inode)
        assert storage.part_size(DIGEST) == len(WHOLE)
        assert mine.inode == storage.layout.part(DIGEST).stat().st_ino
    assert not storage.layout.blob(FOLDER, DIGEST).exists()
    assert [path.name for path in storage.layout.parts.iterdir()] == [storage.layout.part(DIGEST).name]


def test_what_was_published_already_cannot_be_published_again(storage: DiskStorage) -> None:
    with storage.open_part(DIGEST) as part:
        part.write(0, WHOLE)
        inode = part.inode
    storage.publish_part(DIGEST, FOLDER, inode)
    with pytest.raises(PartMissing):
        storage.publish_part(DIGEST, FOLDER, inode)
    assert storage.layout.blob(FOLDER, DIGEST).read_bytes() == WHOLE
    assert not list(storage.layout.foreign.iterdir())


def test_a_takeover_that_is_overtaken_changes_nothing(storage: DiskStorage) -> None:
    with storage.open_part(DIGEST) as part:
        part.write(0, WHOLE)
        with pytest.raises(LeaseLost):
            storage.renew_part(DIGEST, lost)
        assert part.inode == storage.layout.part(DIGEST).stat().st_ino
    assert len(list(storage.layout.parts.iterdir())) == 1


def test_a_part_that_is_being_written_is_not_cleared(storage: DiskStorage) -> None:
    with storage.open_part(DIGEST) as part:
        part.write(0, WHOLE)
        os.utime(storage.layout.part(DIGEST), (0, 0))
        assert storage.clear_part(DIGEST, 1000.0) == 0
    assert storage.clear_part(DIGEST, 1000.0) == len(WHOLE)
    assert storage.clear_part(DIGEST, 1000.0) == 0


def test_a_part_that_was_written_since_is_not_cleared(storage: DiskStorage) -> None:
    with storage.open_part(DIGEST) as part:
        part.write(0, WHOLE)
    assert storage.clear_part(DIGEST, 1000.0) == 0
    assert storage.part_size(DIGEST) == len(WHOLE)


def test_a_part_that_a_crash_left_read_only_is_ours_again(storage: DiskStorage) -> None:
    storage.open_part(DIGEST).close()
    storage.layout.part(DIGEST).chmod(0o444)
    storage.open_part(DIGEST).close()
    assert stat.S_IMODE(storage.layout.part(DIGEST).stat().st_mode) == 0o600


def verified(storage: DiskStorage) -> int:
    """A part with all its bytes; returns its inode."""
    with storage.open_part(DIGEST) as part:
        part.write(0, WHOLE)
        return part.inode


def test_a_part_that_cannot_be_published_stays_a_part(storage: DiskStorage) -> None:
    inode = verified(storage)
    target = storage.layout.blob(FOLDER, DIGEST)
    target.parent.mkdir(parents=True)
    target.write_bytes(b"a stranger who cannot be set aside")
    storage.layout.foreign.rmdir()
    storage.layout.foreign.write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        storage.publish_part(DIGEST, FOLDER, inode)
    assert [path.name for path in storage.layout.parts.iterdir()] == [storage.layout.part(DIGEST).name]
    assert storage.part_size(DIGEST) == len(WHOLE)


def test_a_part_that_a_killed_process_had_taken_away_is_used_again(storage: DiskStorage) -> None:
    inode = verified(storage)
    taken = taken_away(storage.layout.part(DIGEST), inode)
    private = taken.__enter__()  # and never leaves
    assert links.is_temporary(private.name)
    assert storage.part_size(DIGEST) == 0
    with storage.open_part(DIGEST) as part:
        assert (part.inode, part.size()) == (inode, len(WHOLE))
    assert not private.exists()


def test_whoever_took_a_part_away_and_lost_it_publishes_nothing(storage: DiskStorage) -> None:
    inode = verified(storage)

    def publish() -> None:
        with taken_away(storage.layout.part(DIGEST), inode) as private:
            storage.open_part(DIGEST).close()
            private.replace(storage.layout.quarantine(DIGEST))

    with pytest.raises(PartMissing):
        publish()
    assert not storage.layout.quarantine(DIGEST).exists()
    assert storage.part_size(DIGEST) == len(WHOLE)


def test_a_part_that_was_begun_anew_is_not_overwritten_by_a_failure(storage: DiskStorage) -> None:
    inode = verified(storage)

    def fail() -> None:
        with taken_away(storage.layout.part(DIGEST), inode):
            storage.layout.part(DIGEST).write_bytes(HALF)
            raise OSError

    with pytest.raises(OSError, match=r"^$"):
        fail()
    assert storage.layout.part(DIGEST).read_bytes() == HALF
