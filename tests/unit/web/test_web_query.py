"""What the address of the library page may ask for."""

from urllib.parse import parse_qsl

import pytest

from steelyard.web.query import InvalidPage, LibraryQuery, read_query


def test_an_address_is_read_and_written_alike() -> None:
    asked = {"q": "  qwen & co ", "status": "ready", "format": "gguf", "owner": "ada", "sort": "size", "offset": "25"}
    query = read_query(asked)
    assert query == LibraryQuery("qwen & co", "ready", "gguf", "ada", "size", 25)
    assert query.address == "?q=qwen+%26+co&status=ready&format=gguf&owner=ada&sort=size&offset=25"
    assert read_query(dict(parse_qsl(query.address[1:]))) == query


def test_what_a_form_leaves_empty_narrows_nothing() -> None:
    query = read_query(dict.fromkeys(("q", "status", "format", "owner", "sort", "offset"), ""))
    assert query == LibraryQuery()
    assert not query.is_narrowed


def test_the_plain_address_is_the_first_page() -> None:
    assert read_query({"utm_source": "chat"}) == LibraryQuery()
    assert LibraryQuery().address == ""
    assert LibraryQuery(offset=10).at(-15).offset == 0


@pytest.mark.parametrize("offset", ["-1", "abc", "1.5", "1000001", "9" * 5000, "٣", " 1"])
def test_an_offset_that_is_no_place_is_refused(offset: str) -> None:
    with pytest.raises(InvalidPage):
        read_query({"offset": offset})


def test_a_search_has_an_end() -> None:
    with pytest.raises(InvalidPage, match="at most 200"):
        read_query({"q": "x" * 201})


@pytest.mark.parametrize(("name", "word"), [("status", "lost"), ("sort", "beauty")])
def test_words_that_no_list_has_are_refused(name: str, word: str) -> None:
    with pytest.raises(InvalidPage, match=f"{name} is one of"):
        read_query({name: word})


def test_another_status_begins_at_its_start() -> None:
    assert LibraryQuery("qwen", "ready", offset=50).of_status("deleted") == LibraryQuery("qwen", "deleted")
