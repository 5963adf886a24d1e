"""The shapes of a hub's answers, and what is left of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.ref import Kind
from steelyard.sources.errors import UpstreamNonsense
from steelyard.sources.huggingface.shapes import (
    LONGEST_DOCUMENT,
    more_follow,
    to_commits,
    to_document,
    to_file,
    to_refs,
    to_resolved,
    without_xet,
)
from steelyard.testing.hub_suite import keys_in

COMMIT = "0" * 40
REF = {"name": "main", "ref": "refs/heads/main", "targetCommit": COMMIT}
NONSENSE = (UpstreamNonsense, KeyError, TypeError, AttributeError)  # each is told as UpstreamNonsense
KEYS = st.sampled_from(["xetHash", "XetEnabled", "xet", "x-xet-hash", "id", "boxet", "siblings"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)
)


@given(JSON)
def test_no_key_of_xet_is_left(value: Any) -> None:
    left = set(keys_in(without_xet(value)))
    assert left <= {"id", "boxet", "siblings"}


def test_what_is_not_of_xet_stays() -> None:
    value = {"id": "a", "tags": ["xet"], "deep": [{"xetHash": "b", "lfs": {"oid": "c", "xetData": {}}}]}
    assert without_xet(value) == {"id": "a", "tags": ["xet"], "deep": [{"lfs": {"oid": "c"}}]}


def test_a_document_has_no_files() -> None:
    info = {"id": "org/name", "sha": COMMIT, "siblings": [{"rfilename": "a"}], "cardData": {"siblings": 2}}
    assert to_document(info) == {"id": "org/name", "sha": COMMIT, "cardData": {"siblings": 2}}


@pytest.mark.parametrize(("letters", "fits"), [(LONGEST_DOCUMENT - 9, True), (LONGEST_DOCUMENT - 8, False)])
def test_a_document_has_half_a_mebibyte_at_most(letters: int, fits: bool) -> None:
    assert (to_document({"a": "x" * letters, "siblings": "y" * LONGEST_DOCUMENT}) is not None) is fits


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"], ids=ascii)
def test_what_cannot_be_passed_on_is_no_document(value: object) -> None:
    assert to_document({"a": [value]}) is None


def test_a_long_description_does_not_keep_a_revision_from_being_found() -> None:
    info = {"id": "org/name", "sha": COMMIT, "cardData": "x" * LONGEST_DOCUMENT, "gated": "manual"}
    resolved = to_resolved(Kind.MODEL, info)
    assert (resolved.commit, resolved.gated, resolved.document) == (COMMIT, True, None)


def test_references_that_a_hub_leaves_out_are_none() -> None:
    assert to_refs({"branches": [REF]}) == {"branches": [REF], "tags": [], "converts": [], "pullRequests": []}


@pytest.mark.parametrize(
    "answer",
    [
        [], 7, None, {"branches": 7}, {"branches": "x"}, {"tags": [7]}, {"tags": [{}]}, {"tags": [REF | {"name": 7}]},
        {"converts": [REF | {"targetCommit": "main"}]}, {"pullRequests": [REF | {"ref": "\ud800"}]},
        {"branches": {"main": REF}}, {"branches": [REF | {"more": float("nan")}]},
    ],
    ids=ascii,
)  # fmt: skip
def test_no_references(answer: Any) -> None:
    with pytest.raises(NONSENSE):
        to_refs(answer)


@pytest.mark.parametrize("answer", [7, None, "x", {}, [7], [{}], [{"id": "main"}], [{"id": COMMIT, "title": "\ud800"}]])
def test_no_history(answer: Any) -> None:
    with pytest.raises(NONSENSE):
        to_commits(answer)


@pytest.mark.parametrize("entry", [7, None, "x", {}, {"type": "file"}, {"type": "file", "path": "a", "size": True}])
def test_no_entry_of_a_tree(entry: Any) -> None:
    with pytest.raises(NONSENSE):
        to_file(entry)


@pytest.mark.parametrize(
    ("links", "total", "page", "listed", "more"),
    [
        ({"next": {}}, None, 0, 50, True),
        ({"next": {}}, "1", 0, 1, True),
        ({"first": {}}, "500", 0, 50, False),
        ({}, "53", 0, 50, True),
        ({}, "53", 1, 3, False),
        ({}, "50", 0, 50, False),
        ({}, "1000", 7, 0, False),
        ({}, None, 0, 50, False),
        ({}, "many", 0, 50, False),
        ({}, "9" * 5000, 0, 50, False),
    ],
)
def test_whether_a_history_goes_on(
    links: dict[str, object], total: str | None, page: int, listed: int, more: bool
) -> None:
    assert more_follow(links, total, page, listed) is more
