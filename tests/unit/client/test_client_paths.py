from urllib.parse import unquote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.client.errors import InvalidArgument
from steelyard.client.paths import model_path, segment


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("gpt2", "gpt2"),
        ("org/name", "org/name"),
        ("datasets/org/name", "datasets/org/name"),
        ("models/org/name", "org/name"),
        ("m~1a2b", "m~1a2b"),
        ("org/name:Q4_K_M", "org/name%3AQ4_K_M"),
        ("org/name@refs/pr/1:Q4", "org/name%40refs%2Fpr%2F1%3AQ4"),
    ],
)
def test_only_the_slashes_of_the_name_stay(reference: str, path: str) -> None:
    assert model_path(reference) == path


@pytest.mark.parametrize("reference", ["", "..", "../../etc/passwd", "a%2F..%2Fb", "a/b/c/d", "é", "x" * 10_000])
def test_what_names_no_model_is_refused_with_a_hint(reference: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        model_path(reference)

    assert raised.value.hint


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.encode("utf-8", "ignore").decode() == text))
def test_a_segment_stays_one_segment_and_comes_back(value: str) -> None:
    quoted = segment(value, "id")

    assert "/" not in quoted
    assert "?" not in quoted
    assert unquote(quoted) == value
    assert httpx2.URL(f"http://depot.test/jobs/{quoted}/events").raw_path == f"/jobs/{quoted}/events".encode()


def test_an_empty_segment_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="id of the job"):
        segment("", "id of the job")
