"""The feed of one process: what was missed can be asked for, as long as it is remembered."""

from steelyard.core.feed import Change, Missed, RingFeed
from steelyard.core.signals import Signals

SOON = 0.01
WITHIN = 10.0


async def test_what_came_after_a_position_is_told_in_order() -> None:
    feed = RingFeed()
    feed.send("job", "1")
    here = await feed.newest()
    feed.send("model", "2")
    feed.send("job", "3")
    missed = await feed.since(here)
    assert missed is not None
    assert [(change.topic, change.key) for change in missed] == [("model", "2"), ("job", "3")]
    assert [change.position for change in missed] == [here + 1, here + 2]
    assert await feed.since(await feed.newest()) == []


async def test_what_is_forgotten_or_was_never_known_is_not_guessed_at() -> None:
    feed = RingFeed(kept=2)
    start = await feed.newest()
    assert await feed.since(start) == []
    for number in range(3):
        feed.send("job", str(number))
    assert await feed.since(start) is None
    assert await feed.since(start + 1) is not None
    assert await feed.since(start + 4) is None


async def test_a_position_of_an_earlier_process_is_too_old() -> None:
    earlier = RingFeed()
    for number in range(100):
        earlier.send("job", str(number))
    later = RingFeed()
    later.send("job", "new")
    assert await later.since(await earlier.newest()) is None


async def test_a_follower_hears_positions_and_a_listener_hears_once() -> None:
    signals = Signals()
    with signals.listen("job") as listener, signals.follow("job") as follower:
        signals.publish("job", "1")
        signals.publish("other", "2")
        heard = await follower.wait(WITHIN)
        assert isinstance(heard, Change)
        assert (heard.topic, heard.key, heard.position) == ("job", "1", await signals.feed.newest() - 1)
        assert await listener.wait(WITHIN) is not None
        assert await listener.wait(SOON) is None
        assert await follower.wait(SOON) is None


async def test_followers_are_told_when_the_process_stops() -> None:
    signals = Signals()
    with signals.follow("job") as follower:
        signals.close()
        assert await follower.wait(WITHIN) == Missed()


async def test_a_follower_that_is_too_slow_knows_it() -> None:
    signals = Signals()
    with signals.follow("job") as follower:
        for number in range(300):
            signals.publish("job", str(number))
        assert follower.overflowed
