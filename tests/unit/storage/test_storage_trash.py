"""A repository's folder goes to the trash and back; whatever stands in the way, nothing is lost."""

import os
from pathlib import Path

import pytest

from steelyard.core.digest import Digest
from steelyard.storage.disk import DiskStorage
from steelyard.storage.holdings import Listed, ListedBlob, Weight
from steelyard.storage.trash import TrashBin
from steelyard.testing.storage_suite import ANVIL, BELLOWS, COMMIT, CONTENT, DIGEST, publish

NAME = "m~1"
OTHER = Digest("git", "e" * 40)
LISTED = Listed(
    {DIGEST.hex: ListedBlob(len(CONTENT), stored=True), OTHER.hex: ListedBlob(3, stored=False)},
    {f"{COMMIT}/model.bin": len(CONTENT), f"{COMMIT}/sub/small.txt": 3},
    frozenset({COMMIT}),
)
FAR = 2.0**33  # seconds since 1970: later than any file of a test


@pytest.fixture(params=[True, False], ids=["links", "copies"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> DiskStorage:
    """A store in which one repository shows a blob twice."""
    storage = DiskStorage(tmp_path / "store", symlinks=request.param)
    publish(storage, ANVIL)
    storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
    storage.write_ref(ANVIL, "main", COMMIT)
    return storage


@pytest.fixture
def bin_(storage: DiskStorage) -> TrashBin:
    return TrashBin(storage.layout)


def test_a_folder_that_cannot_be_brought_back_stays_and_says_so(storage: DiskStorage, bin_: TrashBin) -> None:
    bin_.throw(ANVIL, NAME)
    storage.layout.hub.rename(storage.layout.hub.with_name("away"))
    with pytest.raises(FileNotFoundError):
        bin_.bring_back(ANVIL, NAME)
    assert bin_.holds(NAME)


def shelf(storage: DiskStorage) -> Path:
    return storage.layout.hub / ANVIL.name


def in_trash(storage: DiskStorage) -> Path:
    return storage.layout.trash / NAME


def foreign(storage: DiskStorage) -> list[bytes]:
    return sorted(path.read_bytes() for path in storage.layout.foreign.iterdir())


def model(folder: Path) -> bytes:
    return (folder / "snapshots" / COMMIT / "model.bin").read_bytes()


def test_there_and_back_by_one_rename(storage: DiskStorage, bin_: TrashBin) -> None:
    inode = storage.layout.blob(ANVIL, DIGEST).stat().st_ino
    assert bin_.throw(ANVIL, NAME)
    assert not shelf(storage).exists()
    assert (model(in_trash(storage)), bin_.names()) == (CONTENT, [NAME])
    assert bin_.bring_back(ANVIL, NAME)
    assert (model(shelf(storage)), bin_.names()) == (CONTENT, [])
    assert storage.layout.blob(ANVIL, DIGEST).stat().st_ino == inode


def test_what_has_no_folder_leaves_a_mark(storage: DiskStorage, bin_: TrashBin) -> None:
    assert bin_.throw(BELLOWS, NAME)
    assert bin_.holds(NAME)
    assert bin_.bring_back(BELLOWS, NAME)
    assert not bin_.holds(NAME)
    assert bin_.bring_back(BELLOWS, NAME)


def test_a_late_file_of_ours_is_gathered_and_a_strangers_is_not(storage: DiskStorage, bin_: TrashBin) -> None:
    assert bin_.throw(ANVIL, NAME)
    late = storage.layout.blob(ANVIL, OTHER)
    late.parent.mkdir(parents=True)
    late.write_bytes(b"abc")
    late.chmod(0o444)
    storage.show(ANVIL, COMMIT, "sub/small.txt", OTHER)
    (shelf(storage) / "blobs" / ("f" * 64)).write_bytes(b"stranger")
    assert not bin_.throw(ANVIL, NAME)
    assert bin_.gather(ANVIL, NAME, LISTED, 0.0) == 0
    assert bin_.gather(ANVIL, NAME, LISTED, FAR) == 2
    assert (in_trash(storage) / "snapshots" / COMMIT / "sub" / "small.txt").read_bytes() == b"abc"
    assert [path.name for path in shelf(storage).rglob("*")] == ["blobs", "f" * 64]


def test_a_file_that_somebody_may_write_to_is_not_ours(storage: DiskStorage, bin_: TrashBin) -> None:
    assert bin_.throw(ANVIL, NAME)
    place = storage.layout.blob(ANVIL, DIGEST)
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    assert bin_.gather(ANVIL, NAME, LISTED, FAR) == 0
    assert place.read_bytes() == CONTENT


def test_the_same_file_in_both_places_is_kept_once(storage: DiskStorage, bin_: TrashBin) -> None:
    blob = storage.layout.blob(ANVIL, DIGEST)
    assert bin_.throw(ANVIL, NAME)
    blob.parent.mkdir(parents=True)
    blob.hardlink_to(in_trash(storage) / "blobs" / DIGEST.hex)
    storage.write_ref(ANVIL, "main", COMMIT)
    assert not bin_.bring_back(ANVIL, NAME)
    bin_.merge_back(ANVIL, NAME)
    assert (model(shelf(storage)), foreign(storage), bin_.names()) == (CONTENT, [], [])
    assert (shelf(storage) / "refs" / "main").read_text() == COMMIT


def test_a_restore_keeps_the_verified_bytes_and_not_what_only_looks_like_them(
    storage: DiskStorage, bin_: TrashBin
) -> None:
    blob = storage.layout.blob(ANVIL, DIGEST)
    assert bin_.throw(ANVIL, NAME)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(bytes(len(CONTENT)))
    blob.chmod(0o444)
    bin_.merge_back(ANVIL, NAME)
    assert (model(shelf(storage)), foreign(storage), bin_.names()) == (CONTENT, [bytes(len(CONTENT))], [])


@pytest.mark.parametrize("where", ["blob", "snapshot", "folder"])
def test_a_stranger_in_the_way_of_a_restore_is_set_aside(storage: DiskStorage, bin_: TrashBin, where: str) -> None:
    assert bin_.throw(ANVIL, NAME)
    places = {
        "blob": storage.layout.blob(ANVIL, DIGEST),
        "snapshot": shelf(storage) / "snapshots" / COMMIT / "model.bin",
        "folder": shelf(storage) / "snapshots",
    }
    places[where].parent.mkdir(parents=True)
    places[where].write_bytes(b"stranger")
    (shelf(storage) / "other.txt").write_bytes(b"in nobody's way")
    assert not bin_.bring_back(ANVIL, NAME)
    bin_.merge_back(ANVIL, NAME)
    assert (model(shelf(storage)), foreign(storage), bin_.names()) == (CONTENT, [b"stranger"], [])
    assert (shelf(storage) / "other.txt").read_bytes() == b"in nobody's way"


def test_a_stranger_in_place_of_the_whole_folder_is_set_aside(storage: DiskStorage, bin_: TrashBin) -> None:
    assert bin_.throw(ANVIL, NAME)
    shelf(storage).write_bytes(b"stranger")
    assert not bin_.bring_back(ANVIL, NAME)
    bin_.merge_back(ANVIL, NAME)
    assert (model(shelf(storage)), foreign(storage)) == (CONTENT, [b"stranger"])


def test_the_weight_is_the_same_on_the_shelf_and_in_the_trash(storage: DiskStorage, bin_: TrashBin) -> None:
    expected = Weight(len(CONTENT) + len(COMMIT), 0)
    assert bin_.weigh(ANVIL, NAME, LISTED) == expected
    assert bin_.throw(ANVIL, NAME)
    assert bin_.weigh(ANVIL, NAME, LISTED) == expected


def test_bytes_with_a_name_elsewhere_are_shared(storage: DiskStorage, bin_: TrashBin) -> None:
    storage.share_blob(ANVIL, BELLOWS, DIGEST)
    assert bin_.weigh(ANVIL, NAME, LISTED) == Weight(len(COMMIT), len(CONTENT))
    storage.layout.blob(BELLOWS, DIGEST).unlink()
    os.link(storage.layout.blob(ANVIL, DIGEST), shelf(storage) / "a stranger's second name")
    assert bin_.weigh(ANVIL, NAME, LISTED) == Weight(len(COMMIT), len(CONTENT))
