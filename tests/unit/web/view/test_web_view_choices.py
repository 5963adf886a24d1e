"""What the library can be narrowed by."""

from steelyard.web.query import LibraryQuery
from steelyard.web.shelf import Facets
from steelyard.web.view.choices import choices, request_statuses, tabs

FACETS = Facets({"ready": 1200, "partial": 2, "deleted": 3}, {"gguf": 1000, "safetensors": 202}, {"mira": 5, "ada": 1})


def test_tabs_count_the_shelf_and_the_trash_apart() -> None:
    shown = [(tab.word, tab.count, tab.address, tab.here) for tab in tabs(LibraryQuery("q", offset=25), FACETS)]
    assert shown == [
        ("all", "1,202", "?q=q", True),
        ("ready", "1,200", "?q=q&status=ready", False),
        ("partial", "2", "?q=q&status=partial", False),
        ("trash", "3", "?q=q&status=deleted", False),
    ]


def test_the_tab_one_looks_at_is_there_even_when_it_is_empty() -> None:
    shown = [(tab.word, tab.here) for tab in tabs(LibraryQuery(status="failed"), Facets())]
    assert shown == [("all", False), ("failed", True), ("trash", False)]


def test_fields_offer_what_there_is() -> None:
    found = choices(LibraryQuery(format="gguf", sort="size"), FACETS)
    assert [(one.label, one.chosen) for one in found.formats] == [("gguf (1,000)", True), ("safetensors (202)", False)]
    assert [one.value for one in found.sorts if one.chosen] == ["size"]
    assert found.owners == ("ada", "mira")


def test_a_format_that_is_gone_stays_chosen() -> None:
    found = choices(LibraryQuery(format="onnx"), FACETS)
    assert ("onnx", "onnx", True) in [(one.value, one.label, one.chosen) for one in found.formats]


def test_statuses_of_requests_are_words() -> None:
    found = {one.value: one.label for one in request_statuses("failed")}
    assert found["no_results"] == "nothing found"
    assert [one.value for one in request_statuses("failed") if one.chosen] == ["failed"]
