"""Values as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from steelyard.core.clock import iso
from steelyard.web.words import count, counted, due, moment, names, of_total, parameters, speed, time_left

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=3, seconds=40), "3 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(hours=24), "yesterday"),
        (timedelta(days=30, hours=23), "30 days ago"),
        (timedelta(days=31), "9 Feb 2026"),
    ],
)
def test_a_moment_is_told_from_now(age: timedelta, text: str) -> None:
    told = moment(iso(NOW - age), NOW)
    assert told is not None
    assert told.text == text


def test_a_moment_carries_the_exact_time() -> None:
    told = moment("2026-03-01T12:05:09+02:00", NOW)
    assert told is not None
    assert (told.iso, told.exact) == ("2026-03-01T10:05:09.000Z", "1 March 2026, 10:05 UTC")


def test_no_time_is_no_moment() -> None:
    assert moment(None, NOW) is None


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (timedelta(seconds=-5), "any moment"),
        (timedelta(seconds=50), "any moment"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(hours=20, minutes=59), "in 21 hours"),
        (timedelta(days=7, seconds=-3), "in 7 days"),
        (timedelta(days=12, hours=3), "in 12 days"),
    ],
)
def test_a_time_to_come_is_told_from_now(ahead: timedelta, text: str) -> None:
    told = due(iso(NOW + ahead), NOW)
    assert told is not None
    assert told.text == text
    assert due(None, NOW) is None


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, None),
        (0, None),
        (999, "999"),
        (22_713_216, "22.7 M"),
        (124_439_808, "124 M"),
        (999_950_000, "1.0 B"),
        (7_241_732_096, "7.2 B"),
        (671_026_419_200, "671 B"),
        (1_000_000_000_000, "1.0 T"),
    ],
)
def test_parameters_are_counted_as_model_cards_do(number: int | None, text: str | None) -> None:
    assert parameters(number) == text


@pytest.mark.parametrize(
    ("people", "text"),
    [
        ([], None),
        (["ines"], "ines"),
        (["ines", "leo"], "ines and leo"),
        (["ines", "leo", "tomas"], "ines, leo and tomas"),
        (["ines", "leo", "tomas", "mira"], "ines and 3 others"),
    ],
)
def test_names(people: list[str], text: str | None) -> None:
    assert names(people) == text


def test_numbers() -> None:
    assert count(18402) == "18,402"
    assert [counted(number, "model") for number in (0, 1, 2)] == ["0 models", "1 model", "2 models"]


def test_what_moves() -> None:
    assert speed(212_000_000.0) == "212 MB/s"
    assert speed(0.0) is None
    assert speed(None) is None
    assert time_left(112.0) == "1 min 52 s left"
    assert time_left(None) is None
    assert of_total(41_800_000_000, 65_500_000_000) == "41.8 GB of 65.5 GB"
    assert of_total(5_000, None) == "5.0 kB"
