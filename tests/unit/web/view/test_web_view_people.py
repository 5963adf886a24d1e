"""Who asked for a model."""

from datetime import UTC, datetime

from steelyard.testing.pages import fake_model, fake_request
from steelyard.web.shelf import ModelState
from steelyard.web.view.people import people

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def test_the_first_one_and_the_last_ones() -> None:
    shown = people(ModelState(fake_model(), requests=[fake_request()], request_count=1), NOW)
    assert (shown.first, shown.first_from, shown.more) == ("mira", "100.64.0.7", None)
    assert [row.who for row in shown.requests] == ["mira"]


def test_more_than_are_shown_are_counted() -> None:
    assert people(ModelState(fake_model(), requests=[fake_request()], request_count=1204), NOW).more == "1,204 requests"


def test_nobody_at_all() -> None:
    shown = people(ModelState(fake_model(stats=None)), NOW)
    assert (shown.first, shown.first_at, shown.requests) == (None, None, ())
