"""Models as rows of the library."""

from datetime import UTC, datetime

import pytest

from steelyard.testing.pages import fake_model
from steelyard.web.badges import Tone
from steelyard.web.query import LibraryQuery
from steelyard.web.shelf import Facets
from steelyard.web.view.library import library, model_row, title_of

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
NONE = Facets()


def test_a_row_of_the_library() -> None:
    row = model_row(fake_model(quantization="Q4_K_M", last_used_at="2026-03-12T09:57:00Z"), NOW)
    assert (row.model, row.size, row.downloads) == ("org/name", "64.2 GB", "1,204")
    assert (row.pulled_by, row.detail) == ("mira", "7.2 B · Q4_K_M · bbbbbbb")
    assert row.pulled_at is not None
    assert row.used_at is not None
    assert (row.pulled_at.text, row.used_at.text) == ("3 days ago", "3 min ago")


def test_what_is_in_memory_runs_whatever_its_status() -> None:
    page = library(LibraryQuery(), 2, [fake_model("a"), fake_model("b", status="partial")], NONE, NOW, {"b"})
    assert [row.badge.word for row in page.rows] == ["ready", "running"]


def test_what_is_held_back_says_why() -> None:
    note = model_row(fake_model(status="quarantined"), NOW).note
    assert note == "Its weights are pickle files, which can run code: an administrator must allow them."
    assert model_row(fake_model(status="partial"), NOW).note is None


def test_a_model_that_nobody_has_touched() -> None:
    bare = dict.fromkeys(("stats", "downloaded_by", "revision", "size_bytes", "format", "parameters"))
    row = model_row(fake_model(**bare), NOW)
    assert (row.pulled_by, row.pulled_at, row.used_at, row.detail, row.downloads) == (None, None, None, None, "0")


def test_who_has_no_name_is_known_by_address() -> None:
    stats = {"first_downloaded_by": None, "first_downloaded_from": "100.64.0.7"}
    assert model_row(fake_model(stats=stats, downloaded_by=None), NOW).pulled_by == "100.64.0.7"


def test_marks_say_what_the_status_does_not() -> None:
    row = model_row(fake_model(active=False, private=True, pinned=True, kind="dataset", parameters=None), NOW)
    assert [mark.word for mark in row.marks] == ["inactive", "private", "pinned"]
    assert row.detail == "dataset · bbbbbbb"


@pytest.mark.parametrize(
    ("name", "title"),
    [("org/name", None), ("name", None), ("Our chat model", "Our chat model"), ("", None), (None, None)],
)
def test_a_name_is_shown_where_it_says_more(name: str | None, title: str | None) -> None:
    assert title_of(fake_model("org/name") | {"name": name}) == title


@pytest.mark.parametrize(
    ("status", "tone"),
    [("ready", Tone.GOOD), ("downloading", Tone.BUSY), ("partial", Tone.WARN), ("quarantined", Tone.BAD)],
)
def test_a_status_has_a_tone(status: str, tone: Tone) -> None:
    assert model_row(fake_model(status=status), NOW).badge.tone is tone


def test_the_first_page_of_many() -> None:
    page = library(LibraryQuery(limit=2), 5, [fake_model(), fake_model()], NONE, NOW)
    assert page.summary == "1–2 of 5 models"
    assert page.previous is None
    assert page.next == LibraryQuery(offset=2, limit=2)


def test_the_last_page_of_a_search() -> None:
    page = library(LibraryQuery("qwen 3", sort="size", offset=4, limit=2), 5, [fake_model()], NONE, NOW)
    assert page.summary == "5–5 of 5 models found"
    assert page.next is None
    assert page.previous is not None
    assert page.previous.address == "?q=qwen+3&sort=size&offset=2"


def test_pages_that_need_no_neighbours() -> None:
    assert library(LibraryQuery(), 1, [fake_model()], NONE, NOW).summary == "1 model"
    beyond = library(LibraryQuery(offset=50), 5, [], NONE, NOW)
    assert (beyond.summary, beyond.next) == ("5 models", None)
