"""Looking at a folder tells what is there and judges nothing; what cannot be looked at raises."""

import os
from pathlib import Path

import pytest

from steelyard.storage.disk import DiskStorage
from steelyard.storage.examine import examine
from steelyard.storage.fingerprint import Fingerprint, fingerprint
from steelyard.storage.identity import give_identity, read_identity
from steelyard.storage.survey import bytes_once, files_below, files_in, is_empty, names_in, survey_repository
from steelyard.testing.storage_suite import ANVIL, COMMIT, CONTENT, DIGEST, publish


@pytest.fixture
def storage(tmp_path: Path) -> DiskStorage:
    """One repository with one file that two names show."""
    storage = DiskStorage(tmp_path / "store")
    publish(storage, ANVIL)
    for path in ("model.bin", "deep/er/model.bin"):
        storage.show(ANVIL, COMMIT, path, DIGEST)
    storage.write_ref(ANVIL, "main", COMMIT)
    storage.write_ref(ANVIL, "refs/pr/1", COMMIT)
    return storage


def folder(storage: DiskStorage) -> Path:
    """The repository's folder."""
    return storage.layout.hub / ANVIL.name


def test_what_the_depot_puts_there(storage: DiskStorage) -> None:
    found = survey_repository(folder(storage))
    assert found is not None
    assert found.blobs == {DIGEST.hex: fingerprint(storage.layout.blob(ANVIL, DIGEST))}
    assert {path: (name.is_link, name.blob) for path, name in found.snapshots[COMMIT].items()} == {
        "model.bin": (True, DIGEST.hex), "deep/er/model.bin": (True, DIGEST.hex),
    }  # fmt: skip
    assert found.refs == {"main": COMMIT, "refs/pr/1": COMMIT}
    assert bytes_once(found.files(), set()) == len(CONTENT)


def test_what_others_may_leave(storage: DiskStorage) -> None:
    place = folder(storage)
    snapshot = place / "snapshots" / COMMIT
    (snapshot / "own.txt").write_bytes(b"own")
    (snapshot / "away").symlink_to(place / "blobs" / DIGEST.hex)  # not relative, as ours are
    (snapshot / "lost").symlink_to("nowhere")
    (place / "blobs" / "linked").symlink_to("../elsewhere")
    (place / "elsewhere").write_bytes(b"behind")
    (place / "blobs" / "broken").symlink_to("nowhere")
    (place / "snapshots" / "loose").write_bytes(b"!")
    found = survey_repository(place)
    assert found is not None
    assert found.blobs["linked"].size == 6
    assert "broken" not in found.blobs
    shown = found.snapshots[COMMIT]
    assert (shown["own.txt"].is_link, shown["own.txt"].file is not None) == (False, True)
    assert shown["away"].file == found.blobs[DIGEST.hex]
    assert (shown["lost"].blob, shown["lost"].file) == (None, None)
    assert found.snapshots["loose"][""].is_link is False
    assert list(found.others) == ["elsewhere"]


def test_what_lies_beside_the_three_folders(storage: DiskStorage) -> None:
    place = folder(storage)
    (place / ".no_exist" / COMMIT).mkdir(parents=True)
    (place / ".no_exist" / COMMIT / "absent.json").touch()
    (place / "trees").mkdir()
    (place / "trees" / f"{COMMIT}.json").touch()
    (place / "deep" / "er").mkdir(parents=True)
    (place / "deep" / "er" / "notes").write_bytes(b"notes")
    (place / "link").symlink_to("nowhere")
    found = survey_repository(place)
    assert found is not None
    assert set(found.others) == {"deep/er/notes", "link"}
    assert found.others["deep/er/notes"] in list(found.files())


def test_no_folder_is_none_and_an_unreadable_one_an_error(storage: DiskStorage) -> None:
    assert survey_repository(storage.layout.hub / "models--nobody") is None
    blobs = folder(storage) / "blobs"
    blobs.rename(folder(storage) / "aside")
    blobs.symlink_to(blobs)
    with pytest.raises(OSError, match="symbolic links"):
        survey_repository(folder(storage))
    with pytest.raises(FileNotFoundError):
        names_in(storage.layout.hub / "models--nobody")


def test_each_inode_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_bytes(bytes(10))
    (tmp_path / "a" / "two").hardlink_to(tmp_path / "a" / "one")
    (tmp_path / "link").symlink_to("a/one")
    counted: set[int] = set()
    assert bytes_once(files_below(tmp_path), counted) == 10
    assert bytes_once(files_below(tmp_path), counted) == 0
    assert set(files_in(tmp_path / "a")) == {"one", "two"}
    assert files_in(tmp_path / "nothing") == {}
    assert list(files_below(tmp_path / "nothing")) == []


def test_empty_means_no_file_however_deep(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert is_empty(tmp_path)
    (tmp_path / "a" / "b" / "link").symlink_to("nowhere")
    assert not is_empty(tmp_path)


def test_a_fingerprint_changes_with_the_bytes(tmp_path: Path) -> None:
    place = tmp_path / "file"
    assert fingerprint(place) is None
    place.write_bytes(b"one")
    before = fingerprint(place)
    os.utime(place, ns=(0, 5))
    assert fingerprint(place) == Fingerprint(3, place.stat().st_ino, 5) != before
    place.chmod(0o400)
    (tmp_path / "second").hardlink_to(place)
    assert fingerprint(place) == fingerprint(tmp_path / "second") == Fingerprint(3, place.stat().st_ino, 5)
    assert fingerprint(place / "below") is None


def test_a_file_that_changes_while_it_is_read_is_read_again(storage: DiskStorage) -> None:
    place = storage.layout.blob(ANVIL, DIGEST)
    place.chmod(0o644)
    calls: list[int] = []

    def touch_once(size: int) -> None:
        calls.append(size)
        if len(calls) == 1:
            os.utime(place, ns=(1, 1))

    found = examine(place, DIGEST, len(CONTENT), touch_once)
    assert (found.right, len(calls)) == (True, 2)
    assert found.file == fingerprint(place)


def test_a_file_that_never_stands_still_is_not_right(storage: DiskStorage) -> None:
    place = storage.layout.blob(ANVIL, DIGEST)
    times = iter(range(1, 100))
    found = examine(place, DIGEST, len(CONTENT), lambda _: os.utime(place, ns=(0, next(times))))
    assert not found.right


def test_a_store_gets_a_name(storage: DiskStorage) -> None:
    assert read_identity(storage.layout) is None
    name = give_identity(storage.layout)
    assert read_identity(storage.layout) == name
    assert DiskStorage(storage.layout.root).layout.root == storage.layout.root
    assert read_identity(storage.layout) == name
