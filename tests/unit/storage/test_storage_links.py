"""Names for the moment before a rename, and copies."""

from pathlib import Path

import pytest

from steelyard.storage import links


@pytest.mark.parametrize("label", ["", f"sha256-{'a' * 64}.", f"git-{'b' * 40}."])
def test_every_temporary_name_is_known_as_one(tmp_path: Path, label: str) -> None:
    name = links.beside(tmp_path / "model.bin", label).name
    assert links.is_temporary(name)
    assert len(name) < 255
    assert not any(links.is_temporary(other) for other in ("model.bin", f"x{name}", f"{name}x", ".new", ".a.new"))


def test_a_copy_has_the_bytes_and_the_time(tmp_path: Path) -> None:
    origin, copied, left = tmp_path / "origin", tmp_path / "copied", list[int]()
    origin.write_bytes(b"x" * 9_000_000)
    links.copy_bytes(origin, copied, left.append)
    assert copied.read_bytes() == origin.read_bytes()
    assert copied.stat().st_mtime_ns == origin.stat().st_mtime_ns
    assert copied.stat().st_ino != origin.stat().st_ino
    assert len(left) == 4  # before, and after each piece
    assert (left[0], left[-1]) == (9_000_000, 0)
    assert left == sorted(left, reverse=True)


def test_a_file_is_never_copied_onto_another(tmp_path: Path) -> None:
    origin, copied = tmp_path / "origin", tmp_path / "copied"
    origin.write_bytes(b"new")
    copied.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        links.copy_bytes(origin, copied, lambda _: None)
    assert copied.read_bytes() == b"old"
