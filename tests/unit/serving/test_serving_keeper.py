"""The keeper does what the scheduler decides, with engines played by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import CannotLoad, EngineFailed, EngineMissing, TooLarge
from steelyard.engines.models import LoadOptions, Weights
from steelyard.engines.protocol import Engine
from steelyard.serving.errors import LoadCoolingDown, QueueFull, Stopping, TimedOut
from steelyard.serving.keeper import Keeper
from steelyard.serving.lease import Lease
from steelyard.serving.limits import Limits
from steelyard.serving.live import Story
from steelyard.serving.loading import Loader
from steelyard.serving.scheduler import Scheduler
from steelyard.testing.clock import HandClock, eventually
from tests.unit.serving.hand import HandChoice, HandEngine, Heard, weights

OPTIONS = LoadOptions()
LIMITS = Limits(budget=250, parallel=2, queue=3, queue_all=5, cooldown=15.0)


class Bench:
    """A keeper and everything around it."""

    def __init__(self, *engines: HandEngine, load_seconds: float = 60.0) -> None:
        self.engines = list(engines) or [HandEngine()]
        self.clock = HandClock()
        self.heard = Heard()
        choice = HandChoice(self.engines)
        self.keeper = Keeper(Scheduler(LIMITS), Loader(choice, load_seconds), self.clock, self.heard.tell)

    @property
    def engine(self) -> HandEngine:
        return self.engines[0]

    async def lease(self, name: str = "a", size: int = 100, seconds: float = 30.0, **more: float) -> Lease:
        return await self.keeper.lease(weights(name, size), OPTIONS, seconds, **more)  # type: ignore[arg-type]

    def ask(self, name: str = "a") -> asyncio.Task[Lease]:
        return asyncio.create_task(self.lease(name))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.keeper.close()
    assert bench.engine.loaded == []


async def settle() -> None:
    """Let everything that can happen happen."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_lease_loads_and_the_next_one_does_not(bench: Bench) -> None:
    with await bench.lease() as first, await bench.lease() as second:
        assert bench.engine.started == ["a"]
        assert (first.engine, first.endpoint.model, first.notes) == ("hand", "a", ())
        assert (second.queue_ms, second.load_ms) == (0.0, 0.0)
    assert bench.heard.lines == [(True, True, "")]
    ((_, live),) = bench.keeper.live
    assert live.loaded_at == bench.clock.now()


async def test_the_time_of_a_load_is_told_apart_from_the_time_in_line(bench: Bench) -> None:
    bench.engine.gate = asyncio.Event()
    asking = bench.ask()
    await settle()
    bench.clock.forward(seconds=2)
    late = bench.ask()
    await settle()
    bench.clock.forward(seconds=1)
    bench.engine.gate.set()
    first, second = await asking, await late
    assert (first.queue_ms, first.load_ms) == (0.0, 3000.0)
    assert (second.queue_ms, second.load_ms) == (0.0, 1000.0)
    first.release()
    second.release()
    second.release()


async def test_whoever_is_cancelled_in_line_or_while_it_loads_leaves_nothing(bench: Bench) -> None:
    bench.engine.gate = asyncio.Event()
    asking = [bench.ask("a"), bench.ask("a"), bench.ask("b")]
    await settle()
    assert bench.keeper.waiting() == {"a": 2, "b": 1}
    for one in asking:
        one.cancel()
    await asyncio.wait(asking)
    assert bench.keeper.waiting() == {}
    bench.engine.gate.set()
    await eventually(lambda: len(bench.keeper.live) == 1)
    ((load, _),) = bench.keeper.live
    slot = bench.keeper.slot(load)
    assert slot is not None
    assert slot.is_idle
    assert bench.engine.started == ["a"]


async def test_a_crash_fails_the_lease_and_the_next_starts_it_again(bench: Bench) -> None:
    lease = await bench.lease()
    bench.engine.loaded[0].die()
    await eventually(lambda: lease.failed.done())
    assert isinstance(lease.failed.exception(), EngineFailed)
    lease.release()
    (await bench.lease()).release()
    assert bench.engine.started == ["a", "a"]
    assert bench.heard.lines == [(True, True, ""), (False, False, "crashed: loading out of luck"), (True, True, "")]


async def test_the_next_engine_is_tried_and_the_answer_says_so() -> None:
    bench = Bench(HandEngine("first", CannotLoad("unknown architecture")), HandEngine("second"))
    with await bench.lease() as lease:
        assert (lease.engine, lease.notes) == ("second", ("first: unknown architecture",))
    await bench.keeper.close()


async def test_when_none_can_load_it_the_last_reason_is_told_to_all_who_wait() -> None:
    bench = Bench(
        HandEngine("first", EngineFailed("out of luck")), HandEngine("second", CannotLoad("cut short", hint="x"))
    )
    errors = await asyncio.gather(bench.lease(), bench.lease(), return_exceptions=True)
    assert [(type(error), str(error), getattr(error, "hint", "")) for error in errors] == [
        (CannotLoad, "cut short", "x"), (CannotLoad, "cut short", "x"),
    ]  # fmt: skip
    with pytest.raises(LoadCoolingDown, match="cut short") as caught:
        await bench.lease()
    assert caught.value.retry_after == 15.0
    bench.clock.forward(seconds=15)
    with pytest.raises(CannotLoad):
        await bench.lease()
    await bench.keeper.close()


async def test_a_bug_in_an_engine_holds_up_nobody() -> None:
    bench = Bench(HandEngine(error=ZeroDivisionError()))
    with pytest.raises(EngineFailed, match="broke while it loaded a"):
        await bench.lease()
    bench.engine.error = None
    (await bench.lease("b")).release()
    await bench.keeper.close()


async def test_a_load_without_end_is_given_up() -> None:
    bench = Bench(HandEngine(gate=asyncio.Event()), load_seconds=0.01)
    with pytest.raises(EngineFailed, match=r"within 0\.01 s"):
        await bench.lease()
    assert bench.engine.cancelled == ["a"]
    await bench.keeper.close()


async def test_an_engine_that_takes_more_than_is_free_is_passed_over() -> None:
    bench = Bench(
        HandEngine("first", CannotLoad("no")), HandEngine("second", times=3.0), HandEngine("third", times=2.0)
    )
    with await bench.lease() as lease:
        assert lease.engine == "third"
        assert lease.notes[1] == "second: it would take more memory than is free"
    ((load, _),) = bench.keeper.live
    slot = bench.keeper.slot(load)
    assert slot is not None
    assert slot.bytes == 200
    await bench.keeper.close()


async def test_idle_models_go_for_an_engine_that_takes_more_than_the_first() -> None:
    bench = Bench(HandEngine("first"), HandEngine("second", times=2.0))
    (await bench.lease("b")).release()
    bench.engine.error = CannotLoad("no")
    with await bench.lease("a") as lease:
        assert lease.engine == "second"
    assert (False, True, "evicted") in bench.heard.lines
    assert [live.weights.name for _, live in bench.keeper.live] == ["a"]
    await bench.keeper.close()


@pytest.mark.parametrize(("size", "error"), [(251, TooLarge), (100, EngineMissing)])
async def test_what_cannot_be_is_refused_before_anything_is_loaded(size: int, error: type[SteelyardError]) -> None:
    bench = Bench()
    if error is EngineMissing:
        bench.engines.clear()
    with pytest.raises(error):
        await bench.lease(size=size)
    assert bench.keeper.waiting() == {}
    await bench.keeper.close()


async def test_a_full_queue(bench: Bench) -> None:
    bench.engine.gate = asyncio.Event()
    asking = [bench.ask() for _ in range(3)]
    await settle()
    with pytest.raises(QueueFull):
        await bench.lease()
    bench.engine.gate.set()
    for one in asking[:2]:
        (await one).release()
    (await asking[2]).release()


async def test_a_deadline_in_line(bench: Bench) -> None:
    bench.engine.gate = asyncio.Event()
    asking = asyncio.create_task(bench.lease(seconds=0.05))
    await settle()
    bench.clock.forward(seconds=1)
    with pytest.raises(TimedOut):
        await asking
    bench.engine.gate.set()


async def test_an_idle_model_makes_room_and_is_stopped(bench: Bench) -> None:
    (await bench.lease("a")).release()
    (await bench.lease("b")).release()
    with await bench.lease("c"):
        assert [one.weights.name for one in bench.engine.loaded] == ["b", "c"]
    assert (False, True, "evicted") in bench.heard.lines


async def test_dismissed_and_pinned(bench: Bench) -> None:
    (await bench.lease("a")).release()
    (await bench.lease("b", is_pinned=True)).release()
    (_, first), (_, second) = bench.keeper.live
    assert (bench.keeper.is_pinned(first), bench.keeper.is_pinned(second)) == (False, True)
    assert bench.keeper.dismiss("key-a")
    assert not bench.keeper.dismiss("key-other")
    await eventually(lambda: [live.weights.name for _, live in bench.keeper.live] == ["b"])
    bench.keeper.pin("key-b", is_pinned=False)
    assert not bench.keeper.is_pinned(second)


async def test_real_sizes_are_measured(bench: Bench) -> None:
    (await bench.lease("a")).release()
    bench.engine.loaded[0].bytes = 240
    bench.keeper.measure()
    with await bench.lease("b"):
        assert [one.weights.name for one in bench.engine.loaded] == ["b"]


async def test_a_model_that_dies_as_it_is_granted(bench: Bench) -> None:
    bench.engine.gate = asyncio.Event()
    asking = bench.ask()
    await settle()
    bench.engine.gate.set()
    for _ in range(1000):
        await asyncio.sleep(0)
        if bench.engine.loaded:
            break
    bench.engine.loaded[0].die()
    with contextlib.suppress(EngineFailed):
        (await asking).release()
    (await bench.lease()).release()


async def test_closing_ends_everything_and_tells_those_who_wait() -> None:
    bench = Bench()
    (await bench.lease("a")).release()
    held = await bench.lease("a")
    bench.engine.gate = asyncio.Event()
    asking = bench.ask("b")
    await settle()
    await bench.keeper.close()
    with pytest.raises(Stopping):
        await asking
    assert isinstance(held.failed.exception(), Stopping)
    held.release()
    assert (bench.engine.loaded, bench.engine.cancelled) == ([], ["b"])
    assert bench.heard.lines[-1] == (False, True, "shutdown")
    with pytest.raises(Stopping):
        await bench.lease()


async def test_a_larger_context_takes_the_place_of_a_smaller_one(bench: Bench) -> None:
    (await bench.keeper.lease(weights(), LoadOptions(256), 30.0)).release()
    with await bench.keeper.lease(weights(), LoadOptions(512), 30.0) as lease:
        assert lease.options.context == 512
        assert len(bench.engine.loaded) == 1
    with await bench.keeper.lease(weights(), LoadOptions(256), 30.0) as lease:
        assert lease.options.context == 512
    assert bench.engine.started == ["a", "a"]


async def test_a_load_is_given_up_by_hand(bench: Bench) -> None:
    bench.engine.gate = asyncio.Event()
    asking = bench.ask()
    await settle()
    assert bench.keeper.dismiss("key-a")
    with pytest.raises(EngineFailed, match="unloaded by hand"):
        await asking
    await eventually(lambda: bench.engine.cancelled == ["a"])
    await eventually(lambda: bench.keeper.used == 0)
    bench.engine.gate = None
    (await bench.lease()).release()


async def test_an_engine_that_says_nothing_ends_with_its_users_and_takes_nobody_new(bench: Bench) -> None:
    silent, other = await bench.lease(), await bench.lease()
    silent.distrust()
    silent.release()
    late = bench.ask()
    await settle()
    assert not late.done()
    other.release()
    (await late).release()
    assert bench.engine.started == ["a", "a"]


async def test_last_words_of_an_engine_are_told_to_its_users(bench: Bench) -> None:
    lease = await bench.lease()
    bench.engine.loaded[0].die()
    await eventually(lambda: lease.failed.done())
    assert str(lease.failed.exception()) == "The engine of a stopped. loading out of luck"
    lease.release()


async def test_what_breaks_beside_a_load_leaves_nobody_waiting() -> None:
    class Choosy(HandChoice):
        """Breaks when it is asked again, as a disk that goes away does."""

        def candidates(self, weights: Weights) -> Sequence[Engine]:
            if not self.engines:
                raise OSError
            return [self.engines.pop()]  # type: ignore[attr-defined]

    keeper = Keeper(Scheduler(LIMITS), Loader(Choosy([HandEngine()])), HandClock(), Heard().tell)
    with pytest.raises(EngineFailed, match="No engine could load a"):
        await keeper.lease(weights(), OPTIONS, 30.0)
    assert keeper.used == 0
    await keeper.close()


async def test_a_log_that_cannot_be_written_keeps_no_model_from_coming_and_going() -> None:
    def tell(story: Story) -> None:
        raise ZeroDivisionError

    engine = HandEngine()
    keeper = Keeper(Scheduler(LIMITS), Loader(HandChoice([engine])), HandClock(), tell)
    (await keeper.lease(weights(), OPTIONS, 30.0, keep_alive=0.0)).release()
    await eventually(lambda: keeper.used == 0)
    (await keeper.lease(weights(), OPTIONS, 30.0)).release()
    await keeper.close()
    assert engine.loaded == []
