"""What a hub lists is checked before anything is stored under its names."""

import pytest

from steelyard.catalog.models import FileState
from steelyard.core.digest import Digest
from steelyard.downloads.listing import require_placeable, to_files
from steelyard.sources.errors import UpstreamNonsense
from steelyard.sources.protocol import RemoteFile
from steelyard.storage.layout import UnsafeName


def remote(path: str) -> RemoteFile:
    return RemoteFile(path, 3, Digest("git", "0" * 40))


def test_files_come_by_path_and_are_not_here_yet() -> None:
    files = to_files([remote("b"), remote("a/x"), remote("a/y")])
    assert [file.path for file in files] == ["a/x", "a/y", "b"]
    assert {file.state for file in files} == {FileState.LISTED}


@pytest.mark.parametrize("paths", [["a", "a"], ["a", "a/b"], ["x/y/z", "x"], ["x/y", "x/y/z"]])
def test_paths_that_cannot_be_on_one_disk_are_refused(paths: list[str]) -> None:
    listed = [remote(path) for path in paths]
    with pytest.raises(UpstreamNonsense):
        require_placeable(to_files(listed))


def test_names_that_only_look_alike_are_fine() -> None:
    files = to_files([remote("a"), remote("ab/c"), remote("a.b")])
    require_placeable(files)
    assert len(files) == 3


@pytest.mark.parametrize("path", ["../up", "/etc/passwd", "a//b", ""])
def test_unsafe_names_are_refused(path: str) -> None:
    files = to_files([remote(path), remote("fine")])
    with pytest.raises(UnsafeName):
        require_placeable(files)
    require_placeable([file for file in files if file.path == "fine"])


@pytest.mark.parametrize("path", ["nul\0.txt", "half\ud800.txt"])
def test_names_that_no_table_takes_are_refused_even_when_nobody_wants_them(path: str) -> None:
    with pytest.raises(UnsafeName, match="cannot be stored"):
        to_files([remote(path), remote("fine")])
