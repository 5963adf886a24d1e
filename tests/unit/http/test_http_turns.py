"""Turns: first come, first served, and only so many in one pass of the event loop."""

import asyncio
from collections.abc import Callable

from steelyard.http.turns import Turns


class Seconds:
    """A time that stands still until somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def working(self, seconds: float, done: list[str], name: str) -> Callable[[], None]:
        """Work that takes so long, and writes down that it was done."""

        def work() -> None:
            self.now += seconds
            done.append(name)

        return work


async def passes(count: int) -> None:
    """Let the event loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_within_a_pass_all_that_is_short_is_done() -> None:
    time, done = Seconds(), list[str]()
    turns = Turns(1.0, time)
    for number in range(3):
        turns.take(number, time.working(0.1, done, str(number)))
    assert done == []
    await passes(1)
    assert done == ["0", "1", "2"]
    assert turns.is_free


async def test_what_does_not_fit_waits_for_the_next_pass_and_keeps_its_place() -> None:
    time, done = Seconds(), list[str]()
    turns = Turns(1.0, time)
    for number in range(5):
        turns.take(number, time.working(0.6, done, str(number)))
    seen = []
    for _ in range(3):
        await passes(1)
        seen.append(list(done))
    assert seen == [["0", "1"], ["0", "1", "2", "3"], ["0", "1", "2", "3", "4"]]


async def test_whoever_asks_again_stands_behind_those_who_wait() -> None:
    time, done = Seconds(), list[str]()
    turns = Turns(1.0, time)
    for name in ("a", "b"):
        turns.take(ord(name), time.working(2.0, done, name))
    await passes(1)
    turns.take(ord("a"), time.working(2.0, done, "a again"))
    await passes(3)
    assert done == ["a", "b", "a again"]


async def test_a_key_stands_in_line_once() -> None:
    time, done = Seconds(), list[str]()
    turns = Turns(1.0, time)
    for name in ("first", "second"):
        turns.take(7, time.working(0.1, done, name))
    await passes(2)
    assert done == ["first"]


async def test_work_that_breaks_holds_up_nobody() -> None:
    loop, errors, done = asyncio.get_running_loop(), list[str](), list[str]()
    loop.set_exception_handler(lambda _loop, context: errors.append(str(context["exception"])))
    turns, time = Turns(1.0, Seconds()), Seconds()

    def broken() -> None:
        raise OSError("broken")

    turns.take(1, broken)
    turns.take(2, time.working(0.1, done, "other"))
    await passes(2)
    assert (errors, done) == (["broken"], ["other"])
