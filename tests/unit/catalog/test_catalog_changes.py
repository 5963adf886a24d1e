"""What may be changed about a model, and within which bounds."""

from typing import Any

import pytest
from pydantic import ValidationError

from steelyard.catalog.changes import ModelChange, columns


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Our chat \U0001f469\u200d\U0001f4bb"}, {"name": "x" * 300}, {"description": None},
        {"description": "Two\nlines\tand a tab"}, {"description": ""}, {"tags": []},
        {"tags": ["a", "C++", "c#", "en/de 2.0"]},
        {"status": "active"}, {"status": "inactive"}, {"pinned": False}, {"private": True}, {"aliases": []}, {},
    ],
)  # fmt: skip
def test_what_fits(body: dict[str, Any]) -> None:
    assert ModelChange.model_validate(body).model_fields_set == set(body)


@pytest.mark.parametrize(
    "body",
    [
        {"unknown": 1}, {"owner": "bob"}, {"name": ""}, {"name": "  "}, {"name": None}, {"name": "a\nb"}, {"name": 7},
        {"name": "\ud800"}, {"name": "\u202eevil"}, {"name": "x" * 301}, {"description": "\x00"}, {"description": 7},
        {"description": "\ud800"}, {"description": "x" * 20_001}, {"tags": "chat"}, {"tags": ["x" * 51]},
        {"tags": [""]},
        {"tags": None}, {"tags": ["a,b"]}, {"tags": ['a"b']}, {"tags": ["a "]}, {"tags": [" a"]}, {"tags": ["ü"]},
        {"tags": [7]}, {"tags": [f"t{number}" for number in range(33)]}, {"status": "ready"}, {"status": None},
        {"pinned": "yes"}, {"pinned": 1}, {"pinned": None}, {"private": None}, {"aliases": None}, {"aliases": [7]},
        {"aliases": [f"a{number}" for number in range(17)]}, {"aliases": "chat"},
    ],
)  # fmt: skip
def test_what_does_not(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ModelChange.model_validate(body)


def test_only_what_is_given_becomes_a_column() -> None:
    assert columns({}) == {}
    assert columns({"status": "inactive", "name": "A", "tags": ["b", "a", "b"], "aliases": ["x"]}) == {
        "active": False, "title": "A", "tags": ["b", "a"],
    }  # fmt: skip
    assert columns({"description": None, "pinned": True, "private": False}) == {
        "description": None, "pinned": True, "private": False,
    }  # fmt: skip
