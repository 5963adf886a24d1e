"""Pages: what may be asked for, and the form of the answer."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from steelyard.http.paging import MAX_LIMIT, PageQuery, page, written_page
from steelyard.http.plain import to_bytes


class Search(PageQuery):
    """A list that can be searched."""

    q: str | None = None


def test_the_defaults() -> None:
    assert (PageQuery().limit, PageQuery().offset) == (100, 0)


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0}, {"limit": -1}, {"limit": MAX_LIMIT + 1}, {"limit": "many"}, {"offset": -1}, {"offset": 2**63},
        {"offset": 10**12 + 1}, {"page": 1}, {"q": "a\0b"}, {"q": "x" * 513}, {"limit": "1\0"},
    ],
    ids=str,
)  # fmt: skip
def test_what_no_list_can_answer_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Search.model_validate(asked)


@pytest.mark.parametrize("asked", [{"limit": "1"}, {"limit": MAX_LIMIT}, {"offset": 10**12}, {"q": "x" * 512}])
def test_the_ends_of_what_is_allowed(asked: dict[str, Any]) -> None:
    assert Search.model_validate(asked).limit > 0


def test_a_page_says_the_true_total() -> None:
    assert json.loads(bytes(page("models", 12, ("a", "b")).body)) == {"count": 12, "models": ["a", "b"]}


def test_items_that_are_written_already_are_the_same_page() -> None:
    items = [{"a": 'é"', "b": [1, None]}, {"a": "", "b": []}]
    for some in (items, items[:1], []):
        written = written_page("things", 7, [to_bytes(item) for item in some])
        assert written.body == page("things", 7, some).body
        assert written.media_type == "application/json"
