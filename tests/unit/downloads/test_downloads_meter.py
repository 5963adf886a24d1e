"""Exact bytes, and a speed over the last seconds."""

from steelyard.downloads.meter import Meter
from steelyard.testing.clock import HandClock


def test_bytes_are_exact_and_never_above_the_total(clock: HandClock) -> None:
    meter = Meter(clock, 100)
    meter.found(30)
    meter.moved(20, "a")
    assert (meter.read().downloaded_bytes, meter.read().total_bytes, meter.read().current_file) == (50, 100, "a")
    meter.found(-20)
    assert meter.read().downloaded_bytes == 30
    meter.found(500)
    assert meter.read().downloaded_bytes == 100


def test_what_was_here_has_no_speed(clock: HandClock) -> None:
    meter = Meter(clock, 1000)
    meter.found(900)
    clock.forward(seconds=1)
    assert meter.read().bytes_per_second == 0.0


def test_no_speed_before_there_is_something_to_measure(clock: HandClock) -> None:
    meter = Meter(clock, 1000)
    meter.moved(100, "a")
    assert meter.read().bytes_per_second is None


def test_the_speed_is_that_of_the_last_seconds(clock: HandClock) -> None:
    meter = Meter(clock, 10**9)
    for _ in range(40):
        clock.forward(seconds=0.5)
        meter.moved(500, "a")
    assert meter.read().bytes_per_second == 1000.0
    for _ in range(40):
        clock.forward(seconds=0.5)
        meter.moved(5000, "a")
    assert meter.read().bytes_per_second == 10_000.0


def test_a_standstill_shows(clock: HandClock) -> None:
    meter = Meter(clock, 10**9)
    clock.forward(seconds=1)
    meter.moved(10_000, "a")
    before = meter.read().bytes_per_second
    for _ in range(20):
        clock.forward(seconds=1)
        meter.read()
    assert before == 10_000.0
    assert meter.read().bytes_per_second == 0.0


def test_more_can_be_expected(clock: HandClock) -> None:
    meter = Meter(clock, 0)
    meter.expect(10)
    meter.moved(4, "a")
    meter.expect(20)
    assert (meter.read().downloaded_bytes, meter.read().total_bytes) == (4, 30)
