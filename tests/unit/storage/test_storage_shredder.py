"""Deleting for good: ours goes, byte by byte as announced; strangers' files stay; it can be stopped and taken up."""

from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from steelyard.storage.disk import DiskStorage
from steelyard.storage.holdings import Listed, ListedBlob
from steelyard.storage.links import beside
from steelyard.storage.shredder import Shredder
from steelyard.storage.trash import TrashBin
from steelyard.testing.storage_suite import ANVIL, BELLOWS, COMMIT, CONTENT, DIGEST, fill_part, publish

NAME = "m~1"
LISTED = Listed(
    {DIGEST.hex: ListedBlob(len(CONTENT), stored=True)}, {f"{COMMIT}/model.bin": len(CONTENT)}, frozenset({COMMIT})
)


class Stopped(Exception):
    """What a lost lease does."""


@pytest.fixture(params=[True, False], ids=["links", "copies"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> DiskStorage:
    """A store with one repository in its trash."""
    storage = DiskStorage(tmp_path / "store", symlinks=request.param)
    publish(storage, ANVIL)
    storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
    storage.write_ref(ANVIL, "main", COMMIT)
    TrashBin(storage.layout).throw(ANVIL, NAME)
    return storage


def empty(storage: DiskStorage, lives: int = 1000) -> int:
    """Empty the trash; stopped before its ``lives``-th deletion. The bytes that became free."""
    freed: Counter[str] = Counter()
    checks = iter(range(lives))

    def check() -> None:
        if next(checks, None) is None:
            raise Stopped

    with suppress(Stopped):
        Shredder(storage.layout).empty(ANVIL, NAME, LISTED, check, lambda size, _: freed.update(bytes=size))
    return freed["bytes"]


def test_everything_of_ours_goes(storage: DiskStorage) -> None:
    assert empty(storage) == len(CONTENT) + len(COMMIT)
    assert list(storage.layout.trash.iterdir()) == list(storage.layout.foreign.iterdir()) == []
    assert empty(storage) == 0


@pytest.mark.parametrize("lives", [0, 1, 2])
def test_stopped_anywhere_and_taken_up(storage: DiskStorage, lives: int) -> None:
    assert empty(storage, lives) + empty(storage) == len(CONTENT) + len(COMMIT)
    assert list(storage.layout.trash.iterdir()) == []


def test_strangers_files_keep_their_places_below_foreign(storage: DiskStorage) -> None:
    root = storage.layout.trash / NAME
    (root / "snapshots" / COMMIT / "mine.txt").write_bytes(b"mine")
    (root / "blobs" / ("f" * 64)).write_bytes(b"a blob")
    (root / "snapshots" / COMMIT / "shown").symlink_to(f"../../blobs/{'f' * 64}")
    (root / "refs" / "odd").write_text("no commit of ours")
    empty(storage)
    (kept,) = storage.layout.foreign.iterdir()
    assert (kept / "snapshots" / COMMIT / "shown").read_bytes() == b"a blob"
    assert (kept / "snapshots" / COMMIT / "mine.txt").read_bytes() == b"mine"
    assert sorted(path.name for path in kept.rglob("*") if path.is_file()) == sorted(
        ["mine.txt", "f" * 64, "shown", "odd"]
    )
    assert list(storage.layout.trash.iterdir()) == []


def test_bytes_that_another_repository_has_are_not_freed(storage: DiskStorage) -> None:
    place = storage.layout.blob(BELLOWS, DIGEST)
    place.parent.mkdir(parents=True)
    place.hardlink_to(storage.layout.trash / NAME / "blobs" / DIGEST.hex)
    assert empty(storage) == len(COMMIT)
    assert place.read_bytes() == CONTENT


def test_what_a_killed_process_left_half_done_is_ours(storage: DiskStorage) -> None:
    beside(storage.layout.trash / NAME / "blobs" / DIGEST.hex).write_bytes(b"half")
    assert empty(storage) == len(CONTENT) + len(COMMIT) + 4
    assert list(storage.layout.foreign.iterdir()) == []


def test_a_folder_that_nobody_knows_is_set_aside(storage: DiskStorage) -> None:
    Shredder(storage.layout).set_aside_unknown(NAME)
    (kept,) = storage.layout.foreign.iterdir()
    assert (kept / "blobs" / DIGEST.hex).read_bytes() == CONTENT
    (storage.layout.trash / "m~2" / "blobs").mkdir(parents=True)
    Shredder(storage.layout).set_aside_unknown("m~2")
    assert list(storage.layout.trash.iterdir()) == []
    assert len(list(storage.layout.foreign.iterdir())) == 1


def test_quarantined_bytes_are_taken_away_and_given_back(storage: DiskStorage) -> None:
    fill_part(storage, CONTENT)
    storage.quarantine_part(DIGEST)
    shredder, freed = Shredder(storage.layout), Counter[str]()
    assert shredder.weigh_quarantined([DIGEST]) == len(CONTENT)
    assert not shredder.has_seized(NAME, DIGEST)
    assert shredder.seize(NAME, DIGEST)
    assert shredder.has_seized(NAME, DIGEST)
    assert not storage.has_quarantined(DIGEST, len(CONTENT))
    shredder.release(NAME, DIGEST)
    assert storage.has_quarantined(DIGEST, len(CONTENT))
    assert shredder.seize(NAME, DIGEST)
    assert shredder.seize(NAME, DIGEST), "a second attempt finds what the first one took away"
    shredder.discard(NAME, DIGEST, lambda size, _: freed.update(bytes=size))
    assert freed["bytes"] == len(CONTENT)
    assert not shredder.seize(NAME, DIGEST)
    assert shredder.weigh_quarantined([DIGEST]) == 0
