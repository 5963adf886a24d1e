"""Repositories in a folder."""

from pathlib import Path

import pytest

from steelyard.testing.hub.folders import find_repositories


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_one_and_two_part_names(tmp_path: Path) -> None:
    config, weights = put(tmp_path / "gpt2/config.json"), put(tmp_path / "org/name/deep/model.bin")
    put(tmp_path / "org/name/.cache/left-over")
    put(tmp_path / ".hidden/x")
    assert find_repositories(tmp_path) == {"gpt2": {"config.json": config}, "org/name": {"deep/model.bin": weights}}


def test_a_folder_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="ORG/NAME/FILES"):
        find_repositories(tmp_path / "absent")
