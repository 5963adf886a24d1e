"""Lists of models, as servers give them."""

import pytest

from steelyard.engines.listing import names_in


def test_names_are_read() -> None:
    assert names_in({"object": "list", "data": [{"id": "a"}, {"id": "org/b", "object": "model"}]}) == ["a", "org/b"]


@pytest.mark.parametrize("data", [None, 5, "ab", {"id": "a"}, ["a"], [{"id": 5}], [{"id": ""}], [{"id": "x" * 1000}]])
def test_what_is_no_name_is_left_out(data: object) -> None:
    assert names_in({"data": data}) == []


def test_there_are_so_many_at_most() -> None:
    assert len(names_in({"data": [{"id": str(number)} for number in range(20_000)]})) == 10_000
