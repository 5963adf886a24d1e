"""Ranges, and the steps of a body with faults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.testing.hub.plan import (
    Cut,
    Plan,
    RangeNotSatisfiable,
    Send,
    SendFlipped,
    Span,
    Wait,
    read_range,
    steps,
)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-99", Span(0, 100)),
        ("bytes=900-", Span(900, 1000)),
        ("bytes=900-5000", Span(900, 1000)),
        ("bytes=-100", Span(900, 1000)),
        ("bytes=-5000", Span(0, 1000)),
        ("bytes = 5 - 5", Span(5, 6)),
        (None, None),
        ("", None),
        ("bytes=-", None),
        ("bytes=9-5", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
    ],
)
def test_ranges(header: str | None, expected: Span | None) -> None:
    assert read_range(header, 1000) == expected


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_ranges_behind_the_end(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        read_range(header, 1000)


def test_a_clean_body_is_one_step() -> None:
    plan = Plan(Span(0, 1000))
    assert plan.clean
    assert list(steps(plan)) == [Send(Span(0, 1000))]


def test_an_empty_body_has_no_steps() -> None:
    assert list(steps(Plan(Span(0, 0)))) == []


def test_a_cut_counts_from_the_start_of_the_body() -> None:
    assert list(steps(Plan(Span(100, 1000), cut=50))) == [Send(Span(100, 150)), Cut()]
    assert list(steps(Plan(Span(100, 1000), cut=0))) == [Cut()]


def test_a_flip_counts_from_the_start_of_the_file() -> None:
    assert list(steps(Plan(Span(100, 200), flips=frozenset({150})))) == [
        Send(Span(100, 150)),
        SendFlipped(150),
        Send(Span(151, 200)),
    ]


def test_a_stall_waits_once() -> None:
    assert list(steps(Plan(Span(0, 10), stall=(4, 2.5)))) == [Send(Span(0, 4)), Wait(2.5), Send(Span(4, 10))]


def test_a_pace_sends_twenty_slices_a_second() -> None:
    sent = list(steps(Plan(Span(0, 250), pace=2000)))
    assert [step.span.length for step in sent if isinstance(step, Send)] == [100, 100, 50]
    assert sum(step.seconds for step in sent if isinstance(step, Wait)) == pytest.approx(250 / 2000)


@given(
    start=st.integers(0, 50),
    length=st.integers(0, 200),
    flips=st.frozensets(st.integers(0, 300), max_size=4),
    cut=st.none() | st.integers(0, 300),
    stall=st.none() | st.tuples(st.integers(0, 300), st.just(1.0)),
    pace=st.none() | st.integers(1, 2000),
)
def test_every_byte_up_to_the_cut_goes_out_once_in_order(
    start: int,
    length: int,
    flips: frozenset[int],
    cut: int | None,
    stall: tuple[int, float] | None,
    pace: int | None,
) -> None:
    sent: list[int] = []
    for step in steps(Plan(Span(start, start + length), flips, cut, stall, pace)):
        match step:
            case Send(span):
                sent.extend(range(span.start, span.stop))
                assert not flips & set(range(span.start, span.stop))
            case SendFlipped(offset):
                sent.append(offset)
                assert offset in flips
    assert sent == list(range(start, start + min(length, length if cut is None else cut)))
