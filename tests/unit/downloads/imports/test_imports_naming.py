"""Folder names and the names of models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.ref import Kind
from steelyard.downloads.imports.naming import cached_kind, cached_name, is_name, name_from_folder, shown


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("models--gpt2", Kind.MODEL), ("datasets--a--b", Kind.DATASET), ("spaces--a--b", Kind.SPACE),
        ("model--gpt2", None), ("models--", None), ("models", None), ("blobs", None), (".locks", None),
    ],
)  # fmt: skip
def test_which_folders_of_a_cache_are_repositories(folder: str, kind: Kind | None) -> None:
    assert cached_kind(folder) is kind


@pytest.mark.parametrize(
    ("folder", "known", "name"),
    [
        ("models--gpt2", set(), "gpt2"), ("models--org--name", set(), "org/name"),
        ("models--a--b--c", set(), None), ("models--a---b", set(), None), ("models--org--..", set(), None),
        ("models--a--b--c", {"a/b--c"}, "a/b--c"), ("models--a--b--c", {"a/b--c", "a--b/c"}, None),
        ("models--org--name", {"other/name"}, "org/name"), ("models---etc", set(), None),
    ],
)  # fmt: skip
def test_the_repository_behind_a_folder(folder: str, known: set[str], name: str | None) -> None:
    assert cached_name(folder, known) == name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("llama", "llama"), ("team/llama", "team/llama"), ("My Model (v2)!", "My-Model-v2"), ("a..b--c", "a.b-c"),
        ("repo.git", "repo"), ("...", None), ("", None), ("ü", None), ("a" * 300, "a" * 96), ("-x-", "x"),
        ("team/…", None), ("../../etc/passwd", None),
    ],
)  # fmt: skip
def test_the_nearest_name_to_a_folder(folder: str, name: str | None) -> None:
    assert name_from_folder(folder) == name


@given(st.text(max_size=300))
def test_whatever_a_folder_is_called_its_name_is_valid_or_none(folder: str) -> None:
    name = name_from_folder(folder)
    assert name is None or is_name(name)


@pytest.mark.parametrize("text", ["", "a/b/c", "a@main", "a:Q4", "m~0", "../a", "a b", "http://x/y", "a--b"])
def test_what_is_no_name(text: str) -> None:
    assert not is_name(text)


@given(st.text(alphabet=st.characters(), max_size=300))
def test_what_is_shown_can_be_written_anywhere(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) <= 201
