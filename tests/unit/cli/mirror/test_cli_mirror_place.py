import pytest

from steelyard.cli.mirror.place import Place, places, shown
from steelyard.client import BadAddress


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("http://depot:8420/hf", Place("http://depot:8420/hf", "http://depot:8420")),
        ("http://depot:8420/hf/", Place("http://depot:8420/hf", "http://depot:8420")),
        ("https://x.test/lab/hf", Place("https://x.test/lab/hf", "https://x.test/lab")),
        ("http://depot/u/alice/hf", Place("http://depot/u/alice/hf", "http://depot", "alice")),
        ("http://depot/lab/u/a%20b/hf", Place("http://depot/lab/u/a%20b/hf", "http://depot/lab", "a b")),
    ],
)
def test_an_address_of_a_mirror_is_taken_as_it_is(given: str, found: Place) -> None:
    assert places(given) == [found]


def test_a_bare_address_may_have_its_mirror_below_or_be_one() -> None:
    first, second = places("http://depot:8420")

    assert first == Place("http://depot:8420/hf", "http://depot:8420")
    assert second == Place("http://depot:8420", "http://depot:8420")


def test_a_personal_address_without_its_end() -> None:
    assert places("http://depot/u/alice")[0] == Place("http://depot/u/alice/hf", "http://depot", "alice")


@pytest.mark.parametrize("given", ["depot:8420", "", "ftp://depot/hf", "http://", "http://depot:x/hf", "http://d/?a"])
def test_what_is_no_address(given: str) -> None:
    with pytest.raises(BadAddress):
        places(given)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadAddress) as refused:
        places("http://alice:geheim@depot/hf")

    assert "geheim" not in refused.value.detail
    assert shown("http://alice:geheim@depot/a@b") == "http://depot/a@b"
    assert shown("no address") == "no address"
