"""DiskStorage passes the suite, with links and without; and what is special about each."""

import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from steelyard.storage import links
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import fingerprint
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
    for _ in range(3):
        publish(storage, ANVIL)
        storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
        storage.sync_folders(ANVIL, COMMIT, ["model.bin"])
        storage.write_ref(ANVIL, "main", COMMIT)
    assert _open_below(tmp_path) == []


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Somebody's folder with a file."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "keys").write_text("important")
    return folder


@pytest.mark.parametrize("symlinks", [True, False])
@pytest.mark.parametrize("linked", ["snapshots", f"snapshots/{COMMIT}", f"snapshots/{COMMIT}/sub"])
def test_a_linked_folder_does_not_lead_a_snapshot_out(
    tmp_path: Path, outside: Path, linked: str, symlinks: bool
) -> None:
    storage = DiskStorage(tmp_path / "store", symlinks=symlinks)
    publish(storage, ANVIL)
    link = storage.layout.hub / ANVIL.name / linked
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)
    storage.show(ANVIL, COMMIT, "sub/keys", DIGEST)
    storage.show(ANVIL, COMMIT, "sub/inner/keys", DIGEST)
    assert [(path.name, path.is_symlink()) for path in outside.rglob("*")] == [("keys", False)]
    assert (outside / "keys").read_text() == "important"
    assert storage.layout.snapshot(ANVIL, COMMIT, "sub/keys").read_bytes() == CONTENT
    assert [path.readlink() for path in storage.layout.foreign.iterdir()] == [outside]


@pytest.mark.parametrize("linked", ["refs", "refs/keys"])
def test_a_linked_folder_does_not_lead_a_reference_out(tmp_path: Path, outside: Path, linked: str) -> None:
    storage = DiskStorage(tmp_path / "store")
    link = storage.layout.hub / ANVIL.name / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    storage.write_ref(ANVIL, "keys/main", COMMIT)
    assert [path.name for path in outside.iterdir()] == ["keys"]
    assert (outside / "keys").read_text() == "important"
    assert storage.layout.ref(ANVIL, "keys/main").read_text() == COMMIT


def test_a_reference_with_any_bytes_is_replaced(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    place = storage.layout.ref(ANVIL, "main")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"\xff\xfe\x00")
    storage.write_ref(ANVIL, "main", COMMIT)
    assert place.read_text() == COMMIT


def test_a_strangers_folder_in_a_files_place_is_set_aside(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    publish(storage, ANVIL)
    storage.layout.snapshot(ANVIL, COMMIT, "model.bin/inner").mkdir(parents=True)
    storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
    assert storage.layout.snapshot(ANVIL, COMMIT, "model.bin").read_bytes() == CONTENT
    assert [path.name for folder in storage.layout.foreign.iterdir() for path in folder.iterdir()] == ["inner"]


def test_showing_without_symlinks_again_leaves_nothing_behind(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path, symlinks=False)
    publish(storage, ANVIL)
    for _ in range(2):
        storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
    folder = storage.layout.snapshot(ANVIL, COMMIT, "model.bin").parent
    assert [path.name for path in folder.iterdir()] == ["model.bin"]


@pytest.mark.parametrize("duplicate", [links.duplicate, links.copy_bytes])
def test_only_the_file_that_was_seen_is_shared(tmp_path: Path, duplicate: links.Duplicate) -> None:
    storage = DiskStorage(tmp_path, duplicate=duplicate)
    publish(storage, ANVIL)
    origin, place = storage.layout.blob(ANVIL, DIGEST), storage.layout.blob(BELLOWS, DIGEST)
    seen = fingerprint(origin)
    assert seen is not None
    assert storage.share_blob(ANVIL, BELLOWS, DIGEST, seen) == fingerprint(place)
    place.unlink()
    origin.chmod(0o600)
    origin.write_bytes(bytes(len(CONTENT)))
    assert storage.share_blob(ANVIL, BELLOWS, DIGEST, seen) is None
    assert not list(place.parent.iterdir())


def test_a_copy_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path, duplicate=links.copy_bytes)
    publish(storage, ANVIL)
    steps: list[int] = []

    def stop(left: int) -> None:
        steps.append(left)
        if left == 0:
            raise RuntimeError

    place = storage.layout.blob(BELLOWS, DIGEST)
    with pytest.raises(RuntimeError):
        storage.share_blob(ANVIL, BELLOWS, DIGEST, step=stop)
    assert steps == [len(CONTENT), 0]
    assert not list(place.parent.iterdir())


def test_what_a_killed_process_left_is_cleared_when_it_is_old(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    publish(storage, ANVIL)
    blob = storage.layout.blob(ANVIL, DIGEST)
    for place in (blob, storage.layout.part(DIGEST)):
        links.beside(place).write_bytes(b"half")
    links.beside(blob).hardlink_to(blob)
    assert storage.clear_temporaries(1000.0) == 0
    assert storage.clear_temporaries(2.0**33) == 8
    assert [path.name for path in blob.parent.iterdir()] == [DIGEST.hex]
    assert not list(storage.layout.parts.iterdir())


def _open_below(folder: Path) -> list[Path]:
    """What descriptors of this process lead to below it; others come and go with whatever the tests before left."""
    return [place for place in _open_places() if place.is_relative_to(folder)]


def _open_places() -> Iterator[Path]:
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since the folder was read
            yield descriptor.readlink()
