"""Decorator and context manager: what is told of each kind of function."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from steelyard.client.track import Tracker
from steelyard.testing.clock import HandClock
from tests.unit.client.track.conftest import FakeDepot


@pytest.fixture
def told(tracker: Tracker, depot: FakeDepot) -> Any:
    """``told()``: the one event there is."""

    def look() -> dict[str, Any]:
        assert tracker.flush()
        (event,) = depot.events
        return event

    return look


def test_a_function(tracker: Tracker, clock: HandClock, told: Any) -> None:
    @tracker.track("org/name", keep=("steps",), measure=lambda text: {"tokens_out": len(text)})
    def paint(prompt: str, steps: int = 30) -> str:
        """Paint."""
        clock.forward(seconds=2)
        return prompt * 2

    assert paint("ab") == "abab"
    event = told()
    assert (paint.__name__, paint.__doc__) == ("paint", "Paint.")
    assert (event["type"], event["model"], event["success"]) == ("generation_completed", "org/name", True)
    assert (event["duration_ms"], event["tokens_out"], event["parameters"]) == (2000, 4, {"steps": 30})
    assert event["timestamp"] == "2026-01-01T12:00:00.000Z"  # when it began


def test_a_function_that_fails_still_raises(tracker: Tracker, told: Any) -> None:
    @tracker.track("org/name")
    def paint() -> None:
        raise MemoryError("a prompt may stand here")

    with pytest.raises(MemoryError):
        paint()
    event = told()
    assert (event["type"], event["success"], event["error_code"]) == ("generation_failed", False, "MemoryError")
    assert "error_message" not in event


def test_the_model_as_an_argument(tracker: Tracker, told: Any) -> None:
    @tracker.track(argument="model_id", parameters={"lora": ["a"]}, keep=["steps"])
    def paint(model_id: str, steps: int) -> None:
        return None

    paint("t2v-A14B", steps=4)
    event = told()
    assert (event["model"], event["parameters"]) == ("t2v-A14B", {"lora": ["a"], "steps": 4})


async def test_a_coroutine(tracker: Tracker, told: Any) -> None:
    @tracker.track("org/name", type="model_load")
    async def load() -> int:
        return 7

    assert inspect.iscoroutinefunction(load)
    assert await load() == 7
    assert told()["type"] == "model_load"


async def test_a_cancelled_coroutine(tracker: Tracker, told: Any) -> None:
    @tracker.track("org/name")
    async def forever() -> None:
        await asyncio.sleep(60)

    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told()["error_code"] == "cancelled"


def test_a_generator_ends_with_its_last_piece(tracker: Tracker, depot: FakeDepot, clock: HandClock, told: Any) -> None:
    @tracker.track("org/name")
    def speak() -> Iterator[str]:
        clock.forward(seconds=1)
        heard = yield "a"
        clock.forward(seconds=1)
        yield f"b{heard}"

    pieces = speak()
    assert next(pieces) == "a"
    assert tracker.flush()
    assert depot.events == []
    assert pieces.send("!") == "b!"  # type: ignore[attr-defined]
    assert list(pieces) == []
    assert (told()["first_token_ms"], told()["duration_ms"]) == (1000, 2000)


def test_a_generator_whose_reader_had_enough(tracker: Tracker, told: Any) -> None:
    @tracker.track("org/name")
    def speak() -> Iterator[str]:
        yield from "abc"

    for _ in speak():
        break
    assert told()["success"] is True


async def test_an_asynchronous_generator(tracker: Tracker, clock: HandClock, told: Any) -> None:
    @tracker.track("org/name")
    async def speak() -> AsyncIterator[str]:
        clock.forward(seconds=1)
        yield "a"
        clock.forward(seconds=1)
        yield "b"
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        async with aclosing(speak()) as pieces:  # type: ignore[type-var]
            assert [piece async for piece in pieces] == ["a", "b"]
    event = told()
    assert (event["first_token_ms"], event["duration_ms"], event["error_code"]) == (1000, 2000, "ValueError")


def test_a_block(tracker: Tracker, clock: HandClock, told: Any) -> None:
    with tracker.track("org/name", session="s") as use:
        clock.forward(seconds=3)
        use.tokens_in, use.tokens_out = 5, 9
    event = told()
    assert (event["tokens_in"], event["tokens_out"], event["session"], event["duration_ms"]) == (5, 9, "s", 3000)


async def test_a_block_in_a_task_that_knows_better(tracker: Tracker, told: Any) -> None:
    async with tracker.track("org/name") as use:
        use.success, use.error_code = False, "black_picture"
    event = told()
    assert (event["type"], event["error_code"]) == ("generation_failed", "black_picture")


def test_one_tracking_for_blocks_inside_each_other(tracker: Tracker, depot: FakeDepot) -> None:
    tracking = tracker.track("org/name")
    with tracking as outer, tracking as inner:
        outer.tokens_in, inner.tokens_in = 1, 2
    assert tracker.flush()
    assert [event["tokens_in"] for event in depot.events] == [2, 1]


def test_nothing_reaches_the_program(tracker: Tracker, told: Any) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    @tracker.track(argument="model", measure=lambda _: 1 // 0, parameters={})  # type: ignore[arg-type,return-value]
    def paint(model: object) -> int:
        return 1

    assert paint(Odd()) == 1
    with pytest.raises(TypeError, match="model"):
        paint()  # type: ignore[call-arg]
    assert tracker.tally.tracked == 2


def test_parameters_that_cannot_travel_are_left_out(tracker: Tracker, told: Any) -> None:
    circle: dict[str, Any] = {}
    circle["self"] = circle
    with tracker.track("org/name", parameters=circle):
        pass
    assert "parameters" not in told()


def test_a_method_and_a_function_without_a_signature(tracker: Tracker, depot: FakeDepot) -> None:
    class Painter:
        @tracker.track("method", keep=["steps"])
        def paint(self, steps: int) -> int:
            return steps

    assert Painter().paint(3) == 3
    assert tracker.track("builtin", keep=["steps"])(dict.fromkeys)("ab") == {"a": None, "b": None}
    assert tracker.flush()
    assert [(event["model"], event.get("parameters")) for event in depot.events] == [
        ("method", {"steps": 3}), ("builtin", None),
    ]  # fmt: skip
