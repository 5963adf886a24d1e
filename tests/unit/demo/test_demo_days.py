"""The made-up days are the same for the same seed, and look like days."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from steelyard.demo.days import Days
from steelyard.demo.models import MODELS
from steelyard.demo.people import PEOPLE
from steelyard.usage.events import USES, Event, EventType

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # a Friday
NUMBERS = {person.name: number for number, person in enumerate(PEOPLE, 1)}


def made_up(days: int = 30, seed: int = 1) -> list[Event]:
    return list(Days(NOW, days, seed, NUMBERS).events())


@pytest.fixture(scope="module")
def month() -> list[Event]:
    return made_up()


def test_the_same_seed_makes_the_same_days_up(month: list[Event]) -> None:
    assert made_up() == month
    assert made_up(seed=2) != month


def test_they_come_in_the_order_of_time_and_end_now(month: list[Event]) -> None:
    moments = [event.at for event in month]
    assert len(month) > 10_000
    assert NOW - timedelta(days=31) <= moments[0]
    assert max(moments) < NOW
    steps_back = [one - other for one, other in pairwise(moments) if other < one]
    assert len(steps_back) <= 30  # sessions that go on after midnight


def test_everybody_and_every_model_takes_part(month: list[Event]) -> None:
    assert {event.principal for event in month} - {None} == set(NUMBERS.values())
    assert {event.model for event in month} - {None} == {model.name for model in MODELS}
    assert {event.type for event in month} >= {
        EventType.GENERATION_COMPLETED, EventType.GENERATION_FAILED, EventType.MODEL_LOAD, EventType.MODEL_DOWNLOAD,
        EventType.MODEL_LIST, EventType.MODEL_ACCESS, "mirror_request", "api_request",
    }  # fmt: skip


def test_weekends_are_quiet_and_so_are_forgotten_models(month: list[Event]) -> None:
    by_weekday = Counter(event.at.weekday() for event in month if event.type in USES)
    assert max(by_weekday[5], by_weekday[6]) < min(by_weekday[day] for day in range(5)) * 0.7
    forgotten = {model.name: model.quiet_days for model in MODELS if model.quiet_days}
    assert forgotten
    for name, quiet in forgotten.items():
        assert max(event.at for event in month if event.model == name) < NOW - timedelta(days=quiet - 1)


def test_a_failure_has_a_code_and_a_success_has_durations(month: list[Event]) -> None:
    uses = [event for event in month if event.type in USES]
    assert all((event.error_code is None) == event.success for event in uses)
    assert all(event.duration_ms is not None and event.duration_ms > 0 for event in uses)
    first_tokens = [event for event in uses if event.first_token_ms is not None]
    assert first_tokens
    assert all(event.first_token_ms < event.duration_ms for event in first_tokens)  # type: ignore[operator]


def test_a_second_pull_of_the_same_within_a_day_is_repeated() -> None:
    pulls = [event for event in made_up(60) if event.type == EventType.MODEL_DOWNLOAD]
    repeated = [event for event in pulls if event.repeated]
    assert repeated
    for event in repeated:
        same = [one for one in pulls if (one.principal, one.model) == (event.principal, event.model)]
        first = [one for one in same if not one.repeated]
        assert any(timedelta(0) < event.at - one.at < timedelta(days=1, hours=1) for one in first)


def test_one_day_is_possible() -> None:
    assert {event.at.date() for event in made_up(1)} <= {NOW.date(), NOW.date() - timedelta(days=1)}
