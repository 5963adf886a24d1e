"""What models take of the cards: sampled, kept at its most, and told with the unload and with each answer."""

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from steelyard.engines.hardware import CardLoad
from steelyard.engines.models import LoadOptions
from steelyard.engines.protocol import Loaded
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.serving.gauge import CardUse, Gauge, taken_by
from steelyard.serving.live import Live, Story
from steelyard.serving.models import ChatAsk, Ending, Timings, Usage
from steelyard.serving.residents import key_of
from steelyard.serving.stories import event_of
from steelyard.serving.told import Telling
from steelyard.testing.clock import HandClock
from steelyard.usage.access import STATE, UsageNote
from tests.unit.serving.hand import HandEngine, HandLoaded, weights

MIB = 2**20
NOW = datetime(2026, 11, 20, tzinfo=UTC)
WEIGHTS = weights(size=300 * MIB)


class House:
    """One model in memory, on cards that are played."""

    def __init__(self, pid: int | None = os.getpid()) -> None:
        self.pid = pid
        self.loads: Sequence[CardLoad] = ()
        self.asked = 0
        self.twice = asyncio.Event()
        loaded = HandLoaded(HandEngine(), WEIGHTS)
        self.live = [(1, Live(WEIGHTS, LoadOptions(4096), "hand", loaded, (), NOW, 5.0))]
        self.gauge = Gauge(lambda: self.live, self.look, self.plan, self.pid_of, pause=0.001)

    async def look(self) -> Sequence[CardLoad]:
        self.asked += 1
        if self.asked == 2:
            self.twice.set()
        return self.loads

    def plan(self, engine: str, weights: Any, options: LoadOptions) -> int:
        assert engine == "hand"
        return int(weights.size)

    def pid_of(self, loaded: Loaded) -> int | None:
        return self.pid

    async def sample(self, percent: float, size: int) -> CardUse | None:
        self.loads = (CardLoad(percent, {os.getpid(): size}), CardLoad(100.0, {1: 5}))
        await self.gauge.sample()
        return self.gauge.of(key_of(WEIGHTS))


async def test_the_peak_and_the_mean_are_kept_beside_the_plan() -> None:
    house = House()
    await house.sample(50.0, 200 * MIB)
    await house.sample(100.0, 340 * MIB)
    use = await house.sample(30.0, 250 * MIB)
    assert use == CardUse(250 * MIB, 340 * MIB, 300 * MIB, 30.0, 60.0, 3)
    assert house.gauge.close(key_of(WEIGHTS)) == use
    assert house.gauge.of(key_of(WEIGHTS)) is None


async def test_a_model_without_a_process_or_without_a_card_has_no_use() -> None:
    assert await House(pid=None).sample(50.0, 200) is None
    house = House()
    house.loads = (CardLoad(90.0, {1: 5}),)
    await house.gauge.sample()
    assert house.gauge.of(key_of(WEIGHTS)) is None


async def test_the_cards_are_asked_while_something_is_in_memory_only() -> None:
    house = House()
    kept, house.live = house.live, []
    running = asyncio.create_task(house.gauge.run())
    await asyncio.sleep(0.02)
    assert house.asked == 0
    house.live = kept
    await house.twice.wait()
    running.cancel()
    await asyncio.wait({running})


def test_a_model_on_two_cards_takes_of_both() -> None:
    loads = [CardLoad(80.0, {7: 100, 9: 5}), CardLoad(40.0, {8: 50}), CardLoad(0.0, {9: 3})]
    assert taken_by({7, 8}, loads) == (150, 60.0)
    assert taken_by({1}, loads) is None


def test_the_unload_tells_the_peak_against_the_plan() -> None:
    use = CardUse(1 * MIB, 3 * MIB, 2 * MIB, 10.0, 55.55, 4)
    event = event_of(Story("k", "a", "vllm", False, True, 0.1, None, "idle"), HandClock(NOW), use)
    assert (event.vram_mb, event.gpu_utilization) == (3.0, 55.5)
    assert event.parameters == {
        "engine": "vllm", "reason": "idle", "peak_bytes": 3 * MIB, "planned_bytes": 2 * MIB,
    }  # fmt: skip


async def test_an_answer_tells_what_its_model_takes_now() -> None:
    house, note = House(), UsageNote()
    await house.sample(50.0, 200 * MIB)
    caller = Caller(Principal(1, PrincipalKind.TAILNET, "a", "alice"), "127.0.0.1", "test")
    request = Request({"type": "http", "headers": [], "state": {STATE: note}})
    telling = Telling(request, caller, ChatAsk("a", prompt="x"), gauge=house.gauge)
    telling.of("a", key_of(WEIGHTS))
    telling.ended(Ending("stop", Usage(3, 4), Timings(), "hand", "a"), None)
    assert (note.more or {}).items() >= {"vram_mb": 200.0, "gpu_utilization": 50.0}.items()
