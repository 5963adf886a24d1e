"""A scan in a process of its own: what it says, and what it says when it cannot tell."""

from pathlib import Path

import pytest

from steelyard.catalog.pickles.child import TOO_MUCH
from steelyard.catalog.pickles.scanner import scan
from steelyard.catalog.pickles.verdict import Verdict
from tests.pickles import EVIL, GOOD


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a blob lies: its name has no suffix."""
    return tmp_path / "sha256-00"


def test_a_file_that_passes(place: Path) -> None:
    place.write_bytes(GOOD["torch zip"])
    assert scan(place) == Verdict(True)


def test_a_file_that_does_not(place: Path) -> None:
    place.write_bytes(EVIL["torch zip"])
    assert scan(place) == Verdict(False, ("it imports posix.system",))


def test_no_file_is_no_verdict(place: Path) -> None:
    assert scan(place) is None


def test_a_value_that_takes_all_memory_does_not_pass(place: Path) -> None:
    """BINBYTES8 of three gigabytes, most of them a hole in the file."""
    with place.open("wb") as file:
        file.write(b"\x80\x04\x8e" + (3 * 1024**3).to_bytes(8, "little"))
        file.seek(3 * 1024**3, 1)
        file.write(b".")
    assert scan(place) == TOO_MUCH
