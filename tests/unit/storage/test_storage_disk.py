"""DiskStorage passes the suite, with links and without; and what is special about each."""

import os
import stat
from pathlib import Path

import pytest

from steelyard.storage.disk import DiskStorage
from steelyard.testing.storage_suite import ANVIL, BELLOWS, COMMIT, CONTENT, DIGEST, StorageSuite, publish


class TestDiskStorage(StorageSuite):
    """Snapshots hold links."""

    @pytest.fixture
    def storage(self, tmp_path: Path) -> DiskStorage:
        """A new store with links."""
        return DiskStorage(tmp_path / "store")


class TestDiskStorageWithoutLinks(StorageSuite):
    """Snapshots hold copies, or hard links."""

    @pytest.fixture
    def storage(self, tmp_path: Path) -> DiskStorage:
        """A new store without symbolic links."""
        return DiskStorage(tmp_path / "store", symlinks=False)


def test_links_are_relative_so_that_a_store_can_move(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path / "before")
    publish(storage, ANVIL)
    storage.show(ANVIL, COMMIT, "sub/model.bin", DIGEST)
    link = storage.layout.snapshot(ANVIL, COMMIT, "sub/model.bin")
    assert str(link.readlink()) == f"../../../blobs/{DIGEST.hex}"
    moved = storage.layout.root.rename(tmp_path / "after")
    assert DiskStorage(moved).layout.snapshot(ANVIL, COMMIT, "sub/model.bin").read_bytes() == CONTENT


def test_a_right_link_is_left_alone(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    publish(storage, ANVIL)
    storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
    before = storage.layout.snapshot(ANVIL, COMMIT, "model.bin").lstat()
    storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
    assert storage.layout.snapshot(ANVIL, COMMIT, "model.bin").lstat().st_ino == before.st_ino


def test_without_symlinks_there_are_none_and_still_one_copy(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path, symlinks=False)
    publish(storage, ANVIL)
    storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
    place = storage.layout.snapshot(ANVIL, COMMIT, "model.bin")
    assert not place.is_symlink()
    assert place.stat().st_ino == storage.layout.blob(ANVIL, DIGEST).stat().st_ino


def test_our_own_folders_are_closed_to_others(tmp_path: Path) -> None:
    layout = DiskStorage(tmp_path / "store").layout
    for folder in (layout.private, layout.parts, layout.quarantined, layout.foreign):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_parts_are_ours_alone(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    storage.open_part(DIGEST).close()
    assert stat.S_IMODE(storage.layout.part(DIGEST).stat().st_mode) == 0o600


def test_the_free_space_can_be_rehearsed(tmp_path: Path) -> None:
    asked: list[Path] = []

    def nearly_full(path: Path) -> int:
        asked.append(path)
        return 17

    assert DiskStorage(tmp_path, free_bytes=nearly_full).free_bytes() == 17
    assert asked == [tmp_path]
    assert DiskStorage(tmp_path).free_bytes() > 0


def test_a_store_that_is_there_is_opened_as_it_is(tmp_path: Path) -> None:
    publish(DiskStorage(tmp_path), ANVIL)
    assert DiskStorage(tmp_path).has_blob(ANVIL, DIGEST, len(CONTENT))


def test_a_broken_link_in_a_blobs_place_does_not_stop_sharing(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    publish(storage, ANVIL)
    place = storage.layout.blob(BELLOWS, DIGEST)
    place.parent.mkdir(parents=True)
    place.symlink_to("nowhere")
    storage.share_blob(ANVIL, BELLOWS, DIGEST)
    assert place.read_bytes() == CONTENT


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only, and the folder changes while it is read
    for _ in range(3):
        publish(storage, ANVIL)
        storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
        storage.sync_folders(ANVIL, COMMIT, ["model.bin"])
        storage.write_ref(ANVIL, "main", COMMIT)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
