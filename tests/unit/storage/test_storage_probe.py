"""Looking at places that may not be there yet."""

from pathlib import Path

import pytest

from steelyard.storage.probe import can_be_written, nearest, try_link


def test_the_nearest_folder_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert nearest(tmp_path / "a") == tmp_path / "a"
    assert nearest(tmp_path / "a" / "b" / "c") == tmp_path / "a"


def test_a_file_in_the_way_cannot_hold_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert can_be_written(tmp_path / "new" / "folder")
    assert not can_be_written(tmp_path / "file" / "folder")


def test_a_tried_link_is_taken_away(tmp_path: Path) -> None:
    try_link(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        try_link(tmp_path / "absent")
