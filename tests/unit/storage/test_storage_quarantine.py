"""Out of quarantine and back: what is there afterwards, and that nothing of anybody else's is taken or lost."""

import hashlib
import stat
import time
from pathlib import Path

import pytest

from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.storage import links
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import fingerprint
from steelyard.storage.layout import RepoFolder
from steelyard.storage.quarantine import Quarantine

CONTENT = b"bytes that wait" * 100
DIGEST, SIZE = Digest("sha256", hashlib.sha256(CONTENT).hexdigest()), len(CONTENT)
FOLDER, COMMIT, PATH = RepoFolder(Kind.MODEL, "org/name"), "c" * 40, "model.bin"


@pytest.fixture
def storage(tmp_path: Path) -> DiskStorage:
    """An empty store."""
    return DiskStorage(tmp_path / "store")


@pytest.fixture
def quarantine(storage: DiskStorage) -> Quarantine:
    """With one blob that waits."""
    storage.layout.quarantine(DIGEST).write_bytes(CONTENT)
    storage.layout.quarantine(DIGEST).chmod(0o600)
    return Quarantine(storage)


def test_a_released_blob_is_in_both_places_until_it_is_discarded(storage: DiskStorage, quarantine: Quarantine) -> None:
    file = quarantine.release(FOLDER, DIGEST, SIZE, None)
    place = storage.layout.blob(FOLDER, DIGEST)
    assert file is not None
    assert file == fingerprint(place) == fingerprint(storage.layout.quarantine(DIGEST))
    assert stat.S_IMODE(place.stat().st_mode) == links.READ_ONLY
    assert quarantine.release(FOLDER, DIGEST, SIZE, None) == file
    private = quarantine.take_away(DIGEST)
    assert private is not None
    assert quarantine.digests() == []
    quarantine.discard(private)
    assert place.read_bytes() == CONTENT
    assert quarantine.release(FOLDER, DIGEST, SIZE, file) == file


def test_a_disk_without_hard_links_has_a_copy(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path / "store", duplicate=links.copy_bytes)
    storage.layout.quarantine(DIGEST).write_bytes(CONTENT)
    assert Quarantine(storage).release(FOLDER, DIGEST, SIZE, None) is not None
    place = storage.layout.blob(FOLDER, DIGEST)
    assert (place.read_bytes(), place.stat().st_nlink) == (CONTENT, 1)


def test_what_stood_in_its_place_is_used_when_it_is_right_and_set_aside_when_not(
    storage: DiskStorage, quarantine: Quarantine
) -> None:
    place = storage.layout.blob(FOLDER, DIGEST)
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    inode = place.stat().st_ino
    assert quarantine.release(FOLDER, DIGEST, SIZE, None) == fingerprint(place)
    assert place.stat().st_ino == inode
    place.write_bytes(b"x" * SIZE)
    quarantine.release(FOLDER, DIGEST, SIZE, None)
    assert place.read_bytes() == CONTENT
    assert [path.read_bytes() for path in storage.layout.foreign.iterdir()] == [b"x" * SIZE]


def test_nothing_to_release(storage: DiskStorage) -> None:
    assert Quarantine(storage).release(FOLDER, DIGEST, SIZE, None) is None
    assert not storage.layout.blob(FOLDER, DIGEST).exists()


def test_nobody_can_write_what_is_held(storage: DiskStorage, tmp_path: Path) -> None:
    """Its other names may be somebody else's."""
    theirs, place = tmp_path / "theirs", storage.layout.blob(FOLDER, DIGEST)
    theirs.write_bytes(CONTENT)
    place.parent.mkdir(parents=True)
    place.hardlink_to(theirs)
    assert Quarantine(storage).hold(FOLDER, DIGEST, SIZE, None)
    theirs.write_bytes(b"x" * SIZE)
    assert storage.layout.quarantine(DIGEST).read_bytes() == CONTENT


def test_wrong_bytes_are_not_held(storage: DiskStorage) -> None:
    place = storage.layout.blob(FOLDER, DIGEST)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x" * SIZE)
    assert not Quarantine(storage).hold(FOLDER, DIGEST, SIZE, None)
    assert not storage.layout.quarantine(DIGEST).exists()


@pytest.mark.parametrize("symlinks", [True, False])
def test_hidden_and_dropped(tmp_path: Path, symlinks: bool) -> None:
    storage = DiskStorage(tmp_path / "store", symlinks=symlinks)
    quarantine = Quarantine(storage)
    storage.layout.quarantine(DIGEST).write_bytes(CONTENT)
    quarantine.release(FOLDER, DIGEST, SIZE, None)
    storage.show(FOLDER, COMMIT, PATH, DIGEST)
    for _ in range(2):
        quarantine.hide(FOLDER, COMMIT, PATH, DIGEST)
        quarantine.drop(FOLDER, DIGEST)
    assert not storage.layout.snapshot(FOLDER, COMMIT, PATH).exists()
    assert not storage.layout.blob(FOLDER, DIGEST).exists()
    assert quarantine.digests() == [DIGEST]


def test_what_a_stranger_put_under_the_name_stays(storage: DiskStorage, quarantine: Quarantine) -> None:
    place = storage.layout.snapshot(FOLDER, COMMIT, PATH)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"theirs")
    quarantine.hide(FOLDER, COMMIT, PATH, DIGEST)
    assert place.read_bytes() == b"theirs"


def test_the_only_copy_is_never_dropped(storage: DiskStorage, quarantine: Quarantine) -> None:
    quarantine.release(FOLDER, DIGEST, SIZE, None)
    storage.layout.quarantine(DIGEST).unlink()
    quarantine.drop(FOLDER, DIGEST)
    assert storage.layout.blob(FOLDER, DIGEST).is_file()


def test_what_was_taken_away_comes_back(quarantine: Quarantine) -> None:
    private = quarantine.take_away(DIGEST)
    assert private is not None
    assert quarantine.take_away(DIGEST) is None
    quarantine.put_back(private, DIGEST)
    assert quarantine.digests() == [DIGEST]


def test_what_a_killed_process_took_away_is_put_back(quarantine: Quarantine) -> None:
    assert quarantine.take_away(DIGEST) is not None
    quarantine.recover(0)
    assert quarantine.digests() == []
    quarantine.recover(time.time() + 10)
    assert quarantine.digests() == [DIGEST]
