"""What a commit makes of files. Pure."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.catalog.models import File, FileState
from steelyard.core.digest import Digest
from steelyard.downloads.push.errors import BadCommit, PathMissing
from steelyard.downloads.push.models import Change, Copy, Header, Put, Remove
from steelyard.downloads.push.tree import Tree, apply, checked, commit_oid, is_same, tree_of
from steelyard.storage.layout import UnsafeName

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def digest(number: int) -> Digest:
    """A blob."""
    return Digest("sha256", f"{number:064x}")


def files(**numbers: int) -> dict[str, File]:
    """A tree; ``__`` stands for a slash, ``_`` for a dot."""
    names = {name.replace("__", "/").replace("_", "."): number for name, number in numbers.items()}
    return tree_of(File(name, number, digest(number), FileState.STORED) for name, number in names.items())


def numbers(tree: Tree) -> dict[str, int]:
    """Which blob is where."""
    return {path: file.size for path, file in tree.items()}


def test_files_come_go_and_are_copied_in_order() -> None:
    before = files(a_txt=1, sub__b=2, sub__c=3)
    changes: list[Change] = [
        Put("d", digest(4), 4),
        Copy("a.txt", "e"),
        Remove("a.txt"),
        Remove("sub/", is_folder=True),
        Put("sub", digest(5), 5),
    ]
    assert numbers(apply(before, changes, {None: before})) == {"d": 4, "e": 1, "sub": 5}
    assert numbers(before) == {"a.txt": 1, "sub/b": 2, "sub/c": 3}


def test_a_copy_can_come_from_another_commit() -> None:
    tree = apply({}, [Copy("x", "y", "v1")], {"v1": files(x=7)})
    assert numbers(tree) == {"y": 7}


@pytest.mark.parametrize(
    "change", [Remove("no"), Remove("no", is_folder=True), Remove("a.txt/", is_folder=True), Copy("no", "b")]
)
def test_what_is_not_there_cannot_go(change: Remove | Copy) -> None:
    before = files(a_txt=1)
    with pytest.raises(PathMissing):
        apply(before, [change], {None: before})


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/x",
        "a/../b",
        "a//b",
        "",
        ".",
        "a\\b",
        "C:x",
        "a\x00b",
        "a/",
        "nul\n",
        "x" * 300,
        "a/" * 600 + "b",
        "\ud800",
    ],
)
def test_no_path_leads_out(path: str) -> None:
    with pytest.raises(UnsafeName):
        checked(path)
    with pytest.raises(UnsafeName):
        apply({}, [Put(path, digest(1), 1)], {})


def test_nothing_is_a_file_and_a_folder() -> None:
    with pytest.raises(BadCommit):
        apply(files(a=1), [Put("a/b", digest(2), 2)], {})


def test_bytes_of_which_nobody_knows_the_size_were_never_sent() -> None:
    with pytest.raises(BadCommit):
        apply({}, [Put("a", digest(1), None)], {})


def test_the_same_bytes_under_the_same_names_are_the_same() -> None:
    assert is_same(files(a=1, b=2), files(b=2, a=1))
    assert not is_same(files(a=1), files(a=2))
    assert not is_same(files(a=1), files(a=1, b=2))


@given(st.integers(0, 3), st.text(max_size=5), st.text(max_size=5))
def test_another_commit_has_another_name(entry: int, title: str, author: str) -> None:
    def name(**other: object) -> str:
        base = {
            "entry": entry,
            "parent": None,
            "header": Header(title),
            "author": author,
            "at": NOW,
            "tree": files(a=1),
        }
        return commit_oid(**{**base, **other})  # type: ignore[arg-type]

    others = [
        name(), name(entry=9), name(parent="a" * 40), name(header=Header(title, "more")), name(author=author + "x"),
        name(at=replace_year(NOW)), name(tree=files(a=2)), name(tree=files(b=1)),
    ]  # fmt: skip
    assert len(set(others)) == len(others)
    assert all(len(one) == 40 and int(one, 16) >= 0 for one in others)


def replace_year(moment: datetime) -> datetime:
    """A year later."""
    return moment.replace(year=moment.year + 1)


def test_the_state_of_a_file_changes_no_name() -> None:
    held = {path: replace(file, state=FileState.QUARANTINED) for path, file in files(a=1).items()}
    args = (1, None, Header("t"), "alice", NOW)
    assert commit_oid(*args, files(a=1)) == commit_oid(*args, held)
