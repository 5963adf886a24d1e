"""What is remembered, for how long, and how much of it."""

from steelyard.testing.clock import HandClock
from steelyard.usage.statistics.cache import Cache


def test_a_value_is_true_as_long_as_its_mark(clock: HandClock) -> None:
    cache: Cache[str] = Cache(clock, 900)
    cache.keep("key", 1, "value")
    assert cache.get("key", 1) == "value"
    assert cache.get("key", 2) is None
    assert (cache.hits, cache.misses, cache.hit_rate) == (1, 1, 0.5)


def test_a_value_is_forgotten_after_a_while(clock: HandClock) -> None:
    cache: Cache[str] = Cache(clock, 900)
    cache.keep("key", 1, "value")
    clock.forward(seconds=900)
    assert cache.get("key", 1) is None


def test_the_one_used_least_lately_goes_first(clock: HandClock) -> None:
    cache: Cache[int] = Cache(clock, 900, most=2)
    cache.keep("a", 1, 1)
    cache.keep("b", 1, 2)
    cache.get("a", 1)
    cache.keep("c", 1, 3)
    assert (cache.get("a", 1), cache.get("b", 1), cache.get("c", 1), len(cache)) == (1, None, 3, 2)


def test_nothing_was_looked_for_yet(clock: HandClock) -> None:
    cache: Cache[int] = Cache(clock, 900)
    assert cache.hit_rate is None
    cache.keep("a", 1, 1)
    cache.clear()
    assert len(cache) == 0


def test_heavy_values_are_fewer(clock: HandClock) -> None:
    cache: Cache[str] = Cache(clock, 900, weigh=len, heaviest=10)
    for key in "abc":
        cache.keep(key, 1, "four")
    assert (cache.get("a", 1), cache.get("c", 1), len(cache)) == (None, "four", 2)
    cache.keep("b", 1, "sixsix")  # in place of the one before
    assert len(cache) == 2
    cache.keep("d", 1, "eleven long")  # would push out all others
    assert (cache.get("d", 1), len(cache)) == (None, 2)
    cache.keep("e", 1, "ten long..")
    assert cache.get("e", 1) == "ten long.."


def test_what_is_over_takes_no_room(clock: HandClock) -> None:
    cache: Cache[int] = Cache(clock, 900)
    cache.keep("a", 1, 1)
    clock.forward(seconds=450)
    cache.keep("b", 1, 2)
    clock.forward(seconds=450)
    cache.keep("c", 1, 3)
    assert (len(cache), cache.get("b", 1)) == (2, 2)
