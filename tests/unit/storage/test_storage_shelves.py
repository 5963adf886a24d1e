"""From one shelf to the other, whole or file by file."""

from pathlib import Path

import pytest

from steelyard.storage.disk import DiskStorage
from steelyard.storage.holdings import Listed, ListedBlob
from steelyard.storage.shelves import Shelves
from steelyard.testing.storage_suite import ANVIL, COMMIT, CONTENT, DIGEST, foreign, publish

PATH, OTHER = "deep/model.bin", "d" * 40
CLOSED = ANVIL.elsewhere
LISTED = Listed({DIGEST.hex: ListedBlob(len(CONTENT), True)}, {f"{COMMIT}/{PATH}": len(CONTENT)}, frozenset({COMMIT}))
SECOND = Listed(LISTED.blobs, {f"{OTHER}/{PATH}": len(CONTENT)}, frozenset({OTHER}))


@pytest.fixture(params=[True, False], ids=["links", "no links"])
def storage(tmp_path: Path, request: pytest.FixtureRequest) -> DiskStorage:
    """A store with one repository, on the open shelf."""
    storage = DiskStorage(tmp_path / "store", symlinks=request.param)
    publish(storage, ANVIL)
    storage.show(ANVIL, COMMIT, PATH, DIGEST)
    storage.write_ref(ANVIL, "main", COMMIT)
    return storage


@pytest.fixture
def shelves(storage: DiskStorage) -> Shelves:
    return Shelves(storage.layout)


def shown(storage: DiskStorage, *, private: bool, commit: str = COMMIT) -> bool:
    folder = CLOSED if private else ANVIL
    place = storage.layout.snapshot(folder, commit, PATH)
    return place.exists() and place.read_bytes() == CONTENT and storage.has_blob(folder, DIGEST, len(CONTENT))


def test_there_and_back(storage: DiskStorage, shelves: Shelves) -> None:
    assert shelves.strays(CLOSED)
    for _ in range(2):
        shelves.carry(CLOSED, LISTED)
        assert shown(storage, private=True)
        assert not storage.layout.repository(ANVIL).exists()
    assert storage.layout.ref(CLOSED, "main").read_text() == COMMIT
    assert shelves.private_names() == [ANVIL.name]
    for _ in range(2):
        shelves.carry(ANVIL, LISTED)
        assert shown(storage, private=False)
    assert shelves.private_names() == []
    assert not shelves.strays(ANVIL)


def test_a_late_job_publishes_into_the_old_place(storage: DiskStorage, shelves: Shelves) -> None:
    storage.share_blob(ANVIL, CLOSED, DIGEST)
    storage.write_ref(CLOSED, "main", COMMIT)
    shelves.carry(CLOSED, LISTED)
    assert shown(storage, private=True)
    assert not storage.layout.repository(ANVIL).exists()
    assert foreign(storage) == []


def test_what_a_stranger_put_there_alone_stays(storage: DiskStorage, shelves: Shelves) -> None:
    shelves.carry(CLOSED, LISTED)
    blob = storage.layout.blob(ANVIL, DIGEST)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(CONTENT)  # as another program leaves it: its owner may write to it
    storage.write_ref(ANVIL, "main", COMMIT)
    shelves.carry(CLOSED, LISTED)
    assert blob.is_file()
    assert storage.layout.ref(ANVIL, "main").is_file()


def test_what_a_stranger_put_between_ours_stays(storage: DiskStorage, shelves: Shelves) -> None:
    storage.layout.repository(CLOSED).mkdir()
    strange = storage.layout.repository(ANVIL) / "blobs" / "strange"
    strange.write_text("other")
    shelves.carry(CLOSED, LISTED)
    assert shown(storage, private=True)
    assert [path for path in storage.layout.repository(ANVIL).rglob("*.*") if path.is_file()] == []
    assert strange.read_text() == "other"


def test_ours_win_their_places_and_nothing_of_strangers_is_lost(storage: DiskStorage, shelves: Shelves) -> None:
    shelves.carry(CLOSED, LISTED)
    place = storage.layout.blob(ANVIL, DIGEST)
    place.parent.mkdir(parents=True)
    place.write_text("stranger")
    shelves.carry(ANVIL, LISTED)
    assert shown(storage, private=False)
    assert foreign(storage) == [b"stranger"]


def test_what_another_entry_needs_stays_with_it(storage: DiskStorage, shelves: Shelves) -> None:
    storage.show(ANVIL, OTHER, PATH, DIGEST)
    for _ in range(2):
        shelves.carry(CLOSED, LISTED, SECOND)
        assert shown(storage, private=True)
        assert shown(storage, private=False, commit=OTHER)
        assert not storage.layout.snapshot(ANVIL, COMMIT, PATH).exists()
        assert not storage.layout.snapshot(CLOSED, OTHER, PATH).exists()
        assert not storage.layout.ref(ANVIL, "main").exists()
    shelves.carry(ANVIL, LISTED)
    assert shown(storage, private=False)
    assert shown(storage, private=False, commit=OTHER)
    assert not storage.layout.repository(CLOSED).exists()
    assert foreign(storage) == []
