"""Files of strangers: what is opened, what is linked, what is noticed."""

import os
import stat
from pathlib import Path

import pytest

from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.storage.adopt import CHANGED, Adopter, StrangeFile, UnusableFile, can_link
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import fingerprint
from steelyard.storage.layout import RepoFolder

FOLDER = RepoFolder(Kind.MODEL, "org/name")
DIGEST = Digest("sha256", "a" * 64)


@pytest.fixture
def storage(tmp_path: Path) -> DiskStorage:
    return DiskStorage(tmp_path / "store")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "stranger"
    path.write_bytes(b"bytes")
    path.chmod(0o640)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UnusableFile) as refused, StrangeFile(path):
        pass
    assert str(path) not in refused.value.reason
    return refused.value.reason


def test_only_regular_files_are_opened(tmp_path: Path, place: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(place)
    assert refusal(tmp_path / "pipe") == "it is no regular file"
    assert refusal(tmp_path) == "it is no regular file"
    assert refusal(tmp_path / "link") == "it is a link"
    assert refusal(tmp_path / "nothing") == "it is gone"
    assert refusal(Path("/dev/null")) == "it is no regular file"


def test_a_link_shares_the_inode_and_changes_nothing(storage: DiskStorage, place: Path) -> None:
    before = place.stat()
    with StrangeFile(place) as file:
        assert file.read(1, 3) == b"yte"
        assert Adopter(storage).link(file, FOLDER, DIGEST)
        assert Adopter(storage).link(file, FOLDER, DIGEST)
    blob = storage.layout.blob(FOLDER, DIGEST)
    assert (blob.stat().st_ino, stat.S_IMODE(blob.stat().st_mode)) == (before.st_ino, 0o640)
    assert (place.stat().st_mtime_ns, place.stat().st_nlink) == (before.st_mtime_ns, 2)
    assert Adopter(storage).seen(FOLDER, DIGEST) == fingerprint(place)
    assert [path.name for path in blob.parent.iterdir()] == [DIGEST.hex]


def test_a_stranger_in_the_way_is_set_aside(storage: DiskStorage, place: Path) -> None:
    blob = storage.layout.blob(FOLDER, DIGEST)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"other")
    with StrangeFile(place) as file:
        assert Adopter(storage).link(file, FOLDER, DIGEST)
    assert blob.read_bytes() == b"bytes"
    assert [path.read_bytes() for path in storage.layout.foreign.iterdir()] == [b"other"]


@pytest.mark.parametrize("how", ["bytes", "time", "file", "link", "gone"])
def test_what_changed_since_it_was_opened_is_not_linked(storage: DiskStorage, place: Path, how: str) -> None:
    other = place.with_name("other")
    other.write_bytes(b"other")
    with StrangeFile(place) as file:
        if how == "bytes":
            place.write_bytes(b"longer than before")
        elif how == "time":
            os.utime(place, ns=(1, 1))
        elif how == "gone":
            place.unlink()
        else:
            place.unlink()
            place.symlink_to(other) if how == "link" else other.rename(place)
        if how == "gone":
            assert not Adopter(storage).link(file, FOLDER, DIGEST)
        else:
            with pytest.raises(UnusableFile, match=CHANGED):
                Adopter(storage).link(file, FOLDER, DIGEST)
    assert not storage.has_blob(FOLDER, DIGEST, 5)
    assert not list(storage.layout.hub.glob("*/blobs/*"))


@pytest.mark.parametrize("how", ["link", "dangling", "same"])
def test_names_of_a_quarantined_file_are_hidden(storage: DiskStorage, place: Path, how: str) -> None:
    waiting, shown = storage.layout.quarantine(DIGEST), storage.layout.snapshot(FOLDER, "c" * 40, "a.bin")
    waiting.write_bytes(b"bytes")
    shown.parent.mkdir(parents=True)
    if how == "same":
        shown.hardlink_to(waiting)
    else:
        shown.symlink_to(place if how == "link" else "nowhere")
    for _ in range(2):
        Adopter(storage).hide(FOLDER, "c" * 40, "a.bin", DIGEST)
    assert not os.path.lexists(shown)
    assert (place.read_bytes(), waiting.read_bytes()) == (b"bytes", b"bytes")
    assert not list(storage.layout.foreign.iterdir())


def test_a_strangers_own_file_is_set_aside_and_not_deleted(storage: DiskStorage) -> None:
    storage.layout.quarantine(DIGEST).write_bytes(b"bytes")
    shown = storage.layout.snapshot(FOLDER, "c" * 40, "a.bin")
    shown.parent.mkdir(parents=True)
    shown.write_bytes(b"other")
    Adopter(storage).hide(FOLDER, "c" * 40, "a.bin", DIGEST)
    assert not shown.exists()
    assert [path.read_bytes() for path in storage.layout.foreign.iterdir()] == [b"other"]


def test_nothing_is_hidden_outside_of_the_store(storage: DiskStorage, tmp_path: Path, place: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.bin").symlink_to(place)
    inner = storage.layout.snapshot(FOLDER, "c" * 40, "sub")
    inner.parent.mkdir(parents=True)
    inner.symlink_to(tmp_path / "outside")
    Adopter(storage).hide(FOLDER, "c" * 40, "sub/a.bin", DIGEST)
    assert (tmp_path / "outside" / "a.bin").is_symlink()


def test_another_file_system_cannot_be_linked_to(place: Path) -> None:
    found = place.stat()
    assert can_link(found, place, found.st_dev)
    assert not can_link(found, place, found.st_dev + 1)
