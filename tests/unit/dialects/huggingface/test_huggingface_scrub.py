"""Nothing of Xet in anything that goes out."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steelyard.dialects.huggingface.scrub import without_xet

KEYS = st.sampled_from(["xet", "xetHash", "X-Xet-Cas-Url", "useXET", "a", "b"])
VALUES = st.recursive(st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner))


@given(VALUES)
def test_no_key_speaks_of_it(value: Any) -> None:
    assert "xet" not in str(without_xet(value)).lower()


def test_all_else_stays() -> None:
    value = {"a": [{"b": "about xet", "xetHash": "f"}], "c": None}
    assert without_xet(value) == {"a": [{"b": "about xet"}], "c": None}


def test_a_value_that_is_too_deep_ends_somewhere() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    assert len(str(without_xet(value))) < 200
