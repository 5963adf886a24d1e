"""What is set aside is the file that was looked at, and overwrites nothing."""

from pathlib import Path

import pytest

from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.moves import set_aside, set_aside_only


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "foreign").mkdir()
    place = tmp_path / "blob"
    place.write_bytes(b"as it was")
    return place


def foreign(place: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in (place.parent / "foreign").iterdir())


def test_what_was_looked_at_goes(place: Path) -> None:
    looked = Fingerprint.of(place.lstat())
    assert set_aside_only(place.parent / "foreign", place, "label", looked)
    assert not place.exists()
    assert foreign(place) == [b"as it was"]
    assert not set_aside_only(place.parent / "foreign", place, "label", looked)


def test_what_came_since_goes_back(place: Path) -> None:
    looked = Fingerprint.of(place.lstat())
    newer = place.with_name("newer")
    newer.write_bytes(b"published")
    newer.replace(place)  # between the look and the rename
    assert not set_aside_only(place.parent / "foreign", place, "label", looked)
    assert place.read_bytes() == b"published"
    assert foreign(place) == []


def test_two_never_get_one_name(place: Path) -> None:
    area, long = place.parent / "foreign", "é" * 300
    names = set()
    for number in range(3):
        place.write_bytes(b"%d" % number)
        away = set_aside(area, place, long)
        names.add(away.name.rpartition("--")[2])
        assert len(away.name.encode()) <= 255
    assert foreign(place) == [b"0", b"1", b"2"]
    assert not names & {"0000", "0001", "0002"}, "another process counts the same way"
