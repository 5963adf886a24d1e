"""How things stand with the other side."""

import pytest

from steelyard.identity.tailnet.trouble import Standing, Trouble
from steelyard.testing.clock import HandClock

AWAY = Trouble("it is away", "see whether it runs")


@pytest.fixture
def standing(clock: HandClock) -> Standing:
    return Standing("it", clock, first_pause=5, longest_pause=60)


def test_at_first_it_may_be_asked(standing: Standing) -> None:
    assert (standing.is_in_trouble, standing.is_pausing) == (False, False)


def test_each_pause_is_twice_as_long_up_to_the_longest(standing: Standing, clock: HandClock) -> None:
    seen = []
    for pause in (5, 10, 20, 40, 60, 60):
        standing.met(AWAY)
        for step in (pause - 0.001, 0.001):
            clock.forward(seconds=step)
            seen.append((standing.is_in_trouble, standing.is_pausing))
    assert seen == [(True, True), (True, False)] * 6


def test_after_an_answer_pauses_begin_anew(standing: Standing, clock: HandClock) -> None:
    for _ in range(3):
        standing.met(AWAY)
    standing.over()
    assert not standing.is_pausing
    standing.met(AWAY)
    clock.forward(seconds=5)
    assert not standing.is_pausing


def test_a_trouble_is_said_once_until_it_is_over(standing: Standing, caplog: pytest.LogCaptureFixture) -> None:
    other = Trouble("it refuses", "set a key")
    for trouble in (AWAY, AWAY, other, AWAY):
        standing.met(trouble)
    said = [record.getMessage() for record in caplog.records]
    assert said == ["it is away", "it refuses"]
    assert [getattr(record, "hint", None) for record in caplog.records] == ["see whether it runs", "set a key"]
    standing.over()
    standing.met(AWAY)
    assert caplog.records[-1].getMessage() == "it is away"
