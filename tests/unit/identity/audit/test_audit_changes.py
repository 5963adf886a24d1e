"""What is kept of before and after."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.identity.audit.changes import MASK, changes, is_secret


def test_only_what_differs_is_kept() -> None:
    before = {"pinned": False, "tags": ["a"], "name": "A", "gone": 1}
    after = {"pinned": True, "tags": ["a"], "name": "B", "new": None}
    assert changes(before, after) == (
        {"pinned": False, "name": "A", "gone": 1}, {"pinned": True, "name": "B", "new": None}
    )  # fmt: skip


def test_nothing_different_is_nothing() -> None:
    assert changes({"a": [1]}, {"a": [1]}) == ({}, {})


def test_a_side_that_there_is_not_stays_away() -> None:
    assert changes(None, {"role": "admin"}) == (None, {"role": "admin"})
    assert changes({"role": "admin"}, None) == ({"role": "admin"}, None)
    assert changes(None, None) == (None, None)


def test_a_changed_secret_is_seen_to_have_changed_and_not_into_what() -> None:
    assert changes({"password": "old"}, {"password": "new"}) == ({"password": MASK}, {"password": MASK})
    assert changes({"password": "same"}, {"password": "same"}) == ({}, {})


@pytest.mark.parametrize(
    "key",
    ["password", "Password", "password_hash", "new-password", "hf_token", "accessToken", "CLIENT_SECRET", "code",
     "resetCode", "session.cookie", "Authorization", "salt"],
)  # fmt: skip
def test_names_of_secrets(key: str) -> None:
    assert is_secret(key)
    assert changes(None, {key: "s3cret"}) == (None, {key: MASK})


@pytest.mark.parametrize("key", ["", "name", "decoded", "barcodes", "passwordless", "description", "size_bytes", "0"])
def test_names_of_no_secrets(key: str) -> None:
    assert not is_secret(key)


def test_that_there_is_no_secret_is_no_secret() -> None:
    assert changes({"token": None}, {"token": "x"}) == ({"token": None}, {"token": MASK})
    assert changes(None, {"has": {"password": True}}) == (None, {"has": {"password": True}})


def test_long_texts_are_cut() -> None:
    _, after = changes(None, {"description": "x" * 20_000, "list": ["y" * 20_000]})
    assert after is not None
    assert (len(after["description"]), len(after["list"][0])) == (2001, 2001)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | (
    st.dictionaries(st.sampled_from(["a", "token", "my_password"]), inner, max_size=3)
)))  # fmt: skip
def test_no_secret_survives_at_any_depth(value: Any) -> None:
    _, after = changes(None, {"value": [{"token": "hidden words"}, value, {"deep": {"password": ["hidden words"]}}]})
    assert "hidden words" not in repr(after)
