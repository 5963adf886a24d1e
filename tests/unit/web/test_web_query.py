"""What the address of the library page may ask for."""

import pytest

from steelyard.web.query import InvalidPage, ListQuery, read_query


def test_an_address_is_read_and_written_alike() -> None:
    query = read_query({"q": "  qwen & co ", "offset": "25"})
    assert query == ListQuery("qwen & co", 25)
    assert query.address == "?q=qwen+%26+co&offset=25"


def test_the_plain_address_is_the_first_page() -> None:
    assert read_query({"utm_source": "chat"}) == ListQuery()
    assert ListQuery().address == ""
    assert ListQuery(offset=10).at(-15).offset == 0


@pytest.mark.parametrize("offset", ["", "-1", "abc", "1.5", "1000001", "9" * 5000, "٣", " 1"])
def test_an_offset_that_is_no_place_is_refused(offset: str) -> None:
    with pytest.raises(InvalidPage):
        read_query({"offset": offset})


def test_a_search_has_an_end() -> None:
    with pytest.raises(InvalidPage, match="at most 200"):
        read_query({"q": "x" * 201})
