"""The depot's answers as finished strings."""

from datetime import UTC, datetime

import pytest

from steelyard.testing.pages import fake_model
from steelyard.web import view
from steelyard.web.badges import Tone
from steelyard.web.query import ListQuery
from steelyard.web.shelf import Overview

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def test_four_tiles() -> None:
    tiles = view.tiles(Overview(48, 1_340_000_000_000, 660_000_000_000, 23, 18_402, 1, []))
    assert [(tile.value, tile.beside) for tile in tiles] == [
        ("48", None),
        ("1.3 TB", "660 GB free"),
        ("23", None),
        ("18,402", "1 download"),
    ]


def test_a_store_that_does_not_say_what_is_free_shows_nothing() -> None:
    assert view.tiles(Overview(0, 0, None, 0, 0, 0, []))[1].beside is None


def test_a_row_of_the_library() -> None:
    row = view.model_row(fake_model(quantization="Q4_K_M", last_used_at="2026-03-12T09:57:00Z"), NOW)
    assert (row.model, row.size, row.downloads) == ("org/name", "64.2 GB", "1,204")
    assert (row.pulled_by, row.detail) == ("mira", "Q4_K_M · bbbbbbb")
    assert row.pulled_at is not None
    assert row.used_at is not None
    assert (row.pulled_at.text, row.used_at.text) == ("3 days ago", "3 min ago")


def test_what_is_held_back_says_why() -> None:
    note = view.model_row(fake_model(status="quarantined"), NOW).note
    assert note == "Its weights are pickle files, which can run code: an administrator must allow them."
    assert view.model_row(fake_model(status="partial"), NOW).note is None


def test_a_model_that_nobody_has_touched() -> None:
    row = view.model_row(fake_model(stats=None, downloaded_by=None, revision=None, size_bytes=None, format=None), NOW)
    assert (row.pulled_by, row.pulled_at, row.used_at, row.detail, row.downloads) == (None, None, None, None, "0")


def test_who_has_no_name_is_known_by_address() -> None:
    stats = {"first_downloaded_by": None, "first_downloaded_from": "100.64.0.7"}
    assert view.model_row(fake_model(stats=stats, downloaded_by=None), NOW).pulled_by == "100.64.0.7"


def test_marks_say_what_the_status_does_not() -> None:
    row = view.model_row(fake_model(active=False, private=True, pinned=True, kind="dataset"), NOW)
    assert [mark.word for mark in row.marks] == ["inactive", "private", "pinned"]
    assert row.detail == "dataset · bbbbbbb"


@pytest.mark.parametrize(
    ("status", "tone"),
    [("ready", Tone.GOOD), ("downloading", Tone.BUSY), ("partial", Tone.WARN), ("quarantined", Tone.BAD)],
)
def test_a_status_has_a_tone_and_a_meaning(status: str, tone: Tone) -> None:
    badge = view.model_row(fake_model(status=status), NOW).badge
    assert badge.tone is tone
    assert badge.meaning.endswith(".")


def test_the_first_page_of_many() -> None:
    page = view.library(ListQuery(limit=2), 5, [fake_model(), fake_model()], NOW)
    assert page.summary == "1–2 of 5 models"
    assert page.previous is None
    assert page.next == ListQuery(offset=2, limit=2)


def test_the_last_page_of_a_search() -> None:
    page = view.library(ListQuery("qwen 3", 4, 2), 5, [fake_model()], NOW)
    assert page.summary == "5–5 of 5 models found"
    assert page.next is None
    assert page.previous is not None
    assert page.previous.address == "?q=qwen+3&offset=2"


def test_pages_that_need_no_neighbours() -> None:
    assert view.library(ListQuery(), 1, [fake_model()], NOW).summary == "1 model"
    beyond = view.library(ListQuery(offset=50), 5, [], NOW)
    assert (beyond.summary, beyond.next) == ("5 models", None)


def test_activity_names_who_did_what() -> None:
    lines = view.activity(
        [
            {"timestamp": "2026-03-12T09:00:00Z", "action": "download", "model": "gpt2", "username": "leo"},
            {"timestamp": None, "action": "list", "model": None, "username": None, "ip_address": "100.64.0.5"},
            {"timestamp": None, "action": "lora_trained", "model": "x", "username": None, "ip_address": None},
        ],
        NOW,
    )
    assert [(line.who, line.verb, line.model) for line in lines] == [
        ("leo", "got", "gpt2"),
        ("100.64.0.5", "looked through the shelf", None),
        ("somebody", "lora trained", "x"),
    ]
