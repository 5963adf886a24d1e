"""Lists of files and folders, and their pages, as huggingface_hub reads them."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from huggingface_hub import hf_api
from hypothesis import given
from hypothesis import strategies as st

from steelyard.catalog.models import File
from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.missing import EntryUnknown
from steelyard.dialects.huggingface.tree import (
    PAGE,
    BadCursor,
    TreeOptions,
    list_tree,
    next_link,
    paths_info,
    read_options,
)
from steelyard.sources.protocol import Repository
from tests.unit.dialects.huggingface.files_made import COMMIT, git_file, git_files, lfs_file

# huggingface_hub does not annotate these
repo_file: Any = hf_api.RepoFile
repo_folder: Any = hf_api.RepoFolder

FILES = [
    *git_files([".gitattributes", "a/b/deep.json", "a/x.json", "a-b/y.json", "a.json", "config.json"]),
    lfs_file("model.safetensors"),
]
REPO = Repository(Kind.MODEL, "org/name")


def paths(files: Sequence[File], folder: str = "", *, recursive: bool = False) -> list[str]:
    return [entry["path"] for entry in list_tree(files, folder, TreeOptions(recursive=recursive)).entries]


def test_one_level_has_folders_first() -> None:
    listed = paths(FILES)
    assert listed == ["a-b", "a", ".gitattributes", "a.json", "config.json", "model.safetensors"]
    assert paths(FILES, "a") == ["a/b", "a/x.json"]
    assert paths(FILES, "a/b") == ["a/b/deep.json"]


def test_recursive_has_every_folder_before_what_is_in_it() -> None:
    assert paths(FILES, recursive=True) == [
        ".gitattributes", "a-b", "a-b/y.json", "a.json", "a", "a/b", "a/b/deep.json", "a/x.json", "config.json",
        "model.safetensors",
    ]  # fmt: skip
    assert paths(FILES, "a", recursive=True) == ["a/b", "a/b/deep.json", "a/x.json"]


def test_an_lfs_file_as_the_hub_tells_it() -> None:
    # openai-community/gpt2's pytorch_model.bin, as the documentation of list_repo_tree prints it
    entry = list_tree([lfs_file("model.bin", 548_123_560)], "", TreeOptions()).entries[0]
    assert entry["lfs"]["pointerSize"] == 134
    file = repo_file(**entry)
    assert file.lfs is not None
    assert (file.size, file.lfs.size, file.lfs.sha256) == (548_123_560, 548_123_560, entry["lfs"]["oid"])
    assert file.blob_id == entry["oid"] != entry["lfs"]["oid"]
    assert len(entry["oid"]) == 40


def test_a_file_of_git_and_a_folder() -> None:
    folder, file = list_tree([git_file("a/x.json", b"hello\n")], "", TreeOptions(recursive=True, expand=True)).entries
    assert repo_file(**file).blob_id == "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object
    assert file["size"] == 6
    assert "lfs" not in file
    assert (folder["type"], folder["path"], folder["size"]) == ("directory", "a", 0)
    assert repo_folder(**folder).tree_id == folder["oid"]


def test_a_folder_is_named_by_what_is_below_it() -> None:
    def oid(files: list[File], path: str = "a") -> str:
        return str(paths_info(files, [path])[0]["oid"])

    assert re.fullmatch(r"[0-9a-f]{40}", oid(FILES))
    assert oid(FILES) == oid(list(reversed(FILES)))
    assert oid(FILES) == oid([*FILES, git_file("elsewhere.json")])
    assert oid(FILES) != oid([*FILES, git_file("a/b/new.json")])
    listed = {entry["path"]: entry["oid"] for entry in list_tree(FILES, "", TreeOptions(recursive=True)).entries}
    assert (listed["a"], listed["a/b"]) == (oid(FILES), oid(FILES, "a/b"))
    assert list_tree(FILES, "a", TreeOptions()).entries[0]["oid"] == oid(FILES, "a/b")


@pytest.mark.parametrize("folder", ["b", "config.json", "a/b/c", "a/x.json", "additional_chat_templates"])
def test_a_folder_that_is_not_there(folder: str) -> None:
    with pytest.raises(EntryUnknown) as caught:
        list_tree(FILES, folder, TreeOptions(), COMMIT)
    assert COMMIT in caught.value.detail


def test_an_empty_repository_has_an_empty_root() -> None:
    assert list_tree([], "", TreeOptions()).entries == []


def test_paths_info_leaves_out_what_is_not_there() -> None:
    listed = paths_info(FILES, ["config.json", "nothing", "a", "a/", "config.json", "", "a/b"], expand=True)
    assert [(entry["path"], entry["type"]) for entry in listed] == [
        ("config.json", "file"), ("a", "directory"), ("a/b", "directory"),
    ]  # fmt: skip
    assert all(repo_file(**e) if e["type"] == "file" else repo_folder(**e) for e in listed)


@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_make_the_whole(recursive: bool, limit: int) -> None:
    found, after = [], ""
    while True:
        query = [("recursive", str(recursive)), ("limit", str(limit)), ("cursor", after)]
        page = list_tree(FILES, "", read_options(query))
        found += [entry["path"] for entry in page.entries]
        if page.cursor is None:
            break
        assert len(page.entries) == limit
        after = page.cursor
    assert found == paths(FILES, recursive=recursive)


NAMES = st.lists(st.sampled_from(["a", "b", "-", ".", "0", "é", "z"]), min_size=1, max_size=3).map("".join)
TREES = st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), max_size=20).map(
    lambda found: [path for path in sorted(set(found)) if not any(other.startswith(f"{path}/") for other in found)]
)


@given(TREES, st.integers(1, 5), st.booleans())
def test_pages_of_any_tree_make_the_whole(found: list[str], limit: int, recursive: bool) -> None:
    files = git_files(found)
    parents = {path.rsplit("/", up)[0] for path in found for up in range(1, path.count("/") + 1)}
    everything = {*found, *parents}
    seen: list[str] = []
    options: TreeOptions | None = TreeOptions(recursive=recursive, limit=limit)
    while options is not None:
        page = list_tree(files, "", options)
        seen += [entry["path"] for entry in page.entries]
        query = [("recursive", str(recursive)), ("limit", str(limit)), ("cursor", page.cursor or "")]
        options = read_options(query) if page.cursor else None
    assert len(seen) == len(set(seen))
    assert set(seen) == (everything if recursive else {path for path in everything if "/" not in path})


def test_a_page_has_a_thousand_and_no_more() -> None:
    files = git_files(f"f{number:05}" for number in range(PAGE + 1))
    page = list_tree(files, "", read_options([("limit", "5000")]))
    assert len(page.entries) == PAGE
    assert page.cursor is not None
    rest = list_tree(files, "", read_options([("cursor", page.cursor)]))
    assert [entry["path"] for entry in rest.entries] == ["f01000"]
    assert rest.cursor is None


def test_the_next_page_is_asked_at_our_own_address_and_at_the_commit() -> None:
    options = TreeOptions(recursive=True, limit=2)
    page = list_tree(FILES, "a", options)
    assert page.cursor is not None
    link = next_link("http://box:8420/u/alice/hf", REPO, COMMIT, "a b/é", options, page.cursor)
    match = re.fullmatch(r'<(\S+)>; rel="next"', link)
    assert match is not None
    parts = urlsplit(match[1])
    assert f"{parts.scheme}://{parts.netloc}" == "http://box:8420"
    assert parts.path == f"/u/alice/hf/api/models/org/name/tree/{COMMIT}/a%20b/%C3%A9"
    following = read_options(parse_qsl(parts.query))
    assert (following.recursive, following.expand, following.limit) == (True, False, 2)
    assert [entry["path"] for entry in list_tree(FILES, "a", following).entries] == ["a/x.json"]


@pytest.mark.parametrize("cursor", ["é", "a", "_w"])
def test_a_cursor_that_is_none(cursor: str) -> None:
    with pytest.raises(BadCursor):
        read_options([("cursor", cursor)])


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_query_is_read_or_refused(cursor: str, limit: str) -> None:
    try:
        options = read_options([("cursor", cursor), ("limit", limit)])
    except BadCursor:
        return
    assert 1 <= options.limit <= PAGE
    list_tree(FILES, "a", options)
