"""What stands outside of texts is counted, however the body is cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.http.structure import Structure

TEXTS = st.text(st.sampled_from(["\\", '"', ",", "[", "{", "a", "\n", "\u00e9"]), max_size=12)
VALUES = st.recursive(
    st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)


def counted(value: Any) -> tuple[int, int]:
    """Brackets and commas that writing it takes."""
    if not isinstance(value, (list, dict)):
        return 0, 0
    below = [counted(one) for one in (value.values() if isinstance(value, dict) else value)]
    return 1 + sum(one for one, _ in below), max(0, len(value) - 1) + sum(one for _, one in below)


@given(VALUES, st.integers(1, 9))
def test_any_json_cut_anywhere(value: Any, size: int) -> None:
    data, structure = json.dumps(value, ensure_ascii=False).encode(), Structure()
    for start in range(0, len(data), size):
        structure.count(data[start : start + size])
    assert (structure.brackets, structure.commas) == counted(value)


@pytest.mark.parametrize("data", [b"", b"\\", b'"', b'\\"', b"\xff,[", b'"""'])
def test_what_is_no_json_does_no_harm(data: bytes) -> None:
    structure = Structure()
    structure.count(data)
    structure.count(data)
    assert structure.commas <= 2
