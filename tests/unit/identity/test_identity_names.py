"""Self-declared names."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.identity.names import InvalidName, clean_name, name_from_header


@pytest.mark.parametrize("name", ["alice", "alice@example.org", "Zoë", "李雷", "a b", "100%", "x" * 128, "<b>"])
def test_names_people_have(name: str) -> None:
    assert clean_name(f"  {name}\t") == name


@pytest.mark.parametrize(
    "name", ["", "   ", "\n", "a\nb", "a\0b", "x" * 129, "\u202eecila", "\ud800", "a\u00a0b"], ids=ascii
)
def test_names_nobody_has(name: str) -> None:
    with pytest.raises(InvalidName) as caught:
        clean_name(name)
    assert caught.value.status == 422
    assert caught.value.hint


@pytest.mark.parametrize(
    ("header", "name"),
    [(None, None), ("alice", "alice"), ("Zo%C3%AB", "Zoë"), ("100%", "100%"), ("%", "%"), ("a%20b", "a b")],
)
def test_the_header_is_percent_encoded_where_it_is_not_ascii(header: str | None, name: str | None) -> None:
    assert name_from_header(header) == name


@pytest.mark.parametrize("header", ["", "%20", "%00", "a%0Ab", "%FF", "%ED%A0%80", "%C3"])
def test_a_header_that_is_no_name_is_refused(header: str) -> None:
    with pytest.raises(InvalidName):
        name_from_header(header)


@given(st.text(min_size=1, max_size=128).map(str.strip).filter(lambda text: bool(text) and text.isprintable()))
def test_every_name_survives_the_header(name: str) -> None:
    assert name_from_header(quote(name)) == clean_name(name) == name
