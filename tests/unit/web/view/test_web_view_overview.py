"""The numbers on top, and what happened."""

from datetime import UTC, datetime

from steelyard.web.shelf import Overview
from steelyard.web.view.overview import activity, tiles

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def test_four_tiles_that_say_what_they_mean() -> None:
    shown = tiles(Overview(48, 1_340_000_000_000, 660_000_000_000, 23, 18_402, 1, []))
    assert [(tile.value, tile.beside) for tile in shown] == [
        ("48", None),
        ("1.3 TB", "660 GB free"),
        ("23", None),
        ("1", None),
    ]
    assert shown[3].note == "requests that were served, of 18,402 calls of the API"
    assert all(tile.path.startswith("/") for tile in shown)


def test_a_store_that_does_not_say_what_is_free_shows_nothing() -> None:
    assert tiles(Overview(0, 0, None, 0, 0, 0, []))[1].beside is None


def test_activity_names_who_did_what() -> None:
    lines = activity(
        [
            {"timestamp": "2026-03-12T09:00:00Z", "action": "download", "model": "gpt2", "username": "leo"},
            {"timestamp": None, "action": "list", "model": None, "username": None, "ip_address": "100.64.0.5"},
            {"timestamp": None, "action": "model_load", "model": "x", "username": None, "ip_address": None},
            {"timestamp": None, "action": "lora_trained", "model": "x", "username": None, "ip_address": None},
        ],
        NOW,
    )
    assert [(line.who, line.verb, line.model) for line in lines] == [
        ("leo", "got", "gpt2"),
        ("100.64.0.5", "looked through the shelf", None),
        ("the depot", "loaded", "x"),
        ("somebody", "lora trained", "x"),
    ]
