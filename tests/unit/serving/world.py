"""A world without engines for the scheduler: a clock that jumps, random people, loads that fail, engines that die."""

import heapq
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field

from steelyard.serving.limits import Limits
from steelyard.serving.moves import (
    CameUp,
    Demand,
    Dismissed,
    Effect,
    Event,
    FailedToLoad,
    GaveUp,
    Grant,
    Load,
    Measured,
    Pinned,
    Refuse,
    Served,
    TimePassed,
    Unload,
    Wanted,
    WentDown,
)
from steelyard.serving.scheduler import Scheduler
from steelyard.serving.slots import Phase

SILENCE = 60.0  # seconds until the keeper ends a load that does nothing
_EPSILON = 1e-6


@dataclass(frozen=True)
class Odds:
    """How the world is. Times in seconds; what has a range is drawn from it evenly."""

    every: float = 2.5  # between two requests
    answer: float = 3.0  # the mean; the longest is four times that
    loading: tuple[float, float] = (1.0, 6.0)
    leaving: tuple[float, float] = (0.1, 1.0)
    fails: float = 0.02  # of loads
    dies: float = 0.05  # of loads, some time after they came up
    grows: int = 0  # bytes that a model may turn out larger than foreseen
    gives_up: float = 0.05  # of people, some time after they asked
    moods: float = 60.0  # between two changes of pins and dismissals
    wide: float = 0.1  # of requests, that want more context
    hangs: float = 0.0  # of loads, that end only because the keeper lost its patience


@dataclass
class World:
    """Plays itself; what must never be is an assertion here, what came of it is in the fields."""

    seed: int
    models: int = 10
    limits: Limits = field(default_factory=lambda: Limits(budget=330, queue=20, queue_all=100, keep_alive=60.0))
    odds: Odds = field(default_factory=Odds)
    sizes: tuple[int, ...] = (100,)
    patience: float = 120.0  # seconds that people wait
    asked: dict[int, float] = field(default_factory=dict)
    granted: dict[int, float] = field(default_factory=dict)
    refused: dict[int, Refuse] = field(default_factory=dict)
    left: set[int] = field(default_factory=set)
    contexts: dict[int, int] = field(default_factory=dict)
    holding: dict[int, int] = field(default_factory=dict)
    pinned: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    most_bytes: int = 0

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.limits)
        self._random = random.Random(self.seed)  # noqa: S311 - a world to be played again
        self._events: list[tuple[float, int, Event]] = []
        self._numbers = itertools.count()
        self._timers: set[float] = set()

    @property
    def waits(self) -> list[float]:
        """Seconds until each that was served got its model, in order."""
        return sorted(self.granted[one] - self.asked[one] for one in self.granted)

    def run(self, minutes: float) -> None:
        """Let people come for so long, and see it through to the end."""
        self._fill(minutes * 60)
        while self._events:
            now, _, event = heapq.heappop(self._events)
            if self._is_void(event):
                continue
            self._note(event, now)
            for effect in self.scheduler.handle(event, now):
                self._do(effect, now)
            self._check(now)
            moment = self.scheduler.next_moment(now)
            if moment is not None and moment not in self._timers:
                self._timers.add(moment)
                self._push(max(moment, now + _EPSILON), TimePassed())

    def _fill(self, end: float) -> None:
        now, number = 0.0, 0
        weights = [1 / (rank + 1) for rank in range(self.models)]
        while (now := now + self._random.expovariate(1 / self.odds.every)) < end:
            number += 1
            key = self._random.choices([f"m{rank}" for rank in range(self.models)], weights)[0]
            keep = self._random.choice([None, None, None, 0.0, 30.0])
            more = 1 if self._random.random() < self.odds.wide else 0
            size = self._size(key) + 10 * more
            self._push(now, Wanted(Demand(number, key, size, now + self.patience, keep, more)))
            if self._random.random() < self.odds.gives_up:
                self._push(now + self._random.uniform(0, 20), GaveUp(number))
        for moment in range(int(self.odds.moods), int(end), int(self.odds.moods)):
            key = f"m{self._random.randrange(self.models)}"
            self._push(moment, Dismissed(key))
            self._push(moment, Pinned("m0", self._random.random() < 0.5))
        self._push(end, Pinned("m0", False))

    def _is_void(self, event: Event) -> bool:
        """News that would not come: of people who left, and of loads that ended otherwise."""
        match event:
            case Served(demand) | GaveUp(demand):
                is_over = demand in self.refused or demand in self.left
                return is_over or (isinstance(event, GaveUp) and demand in self.granted and demand not in self.holding)
            case CameUp(load) | FailedToLoad(load) | WentDown(load):
                return all(slot.load != load for slot in self.scheduler.slots)
            case _:
                return False

    def _note(self, event: Event, now: float) -> None:
        match event:
            case Wanted(demand):
                self.asked[demand.id], self.contexts[demand.id] = now, demand.context
            case Served(demand):
                self.holding.pop(demand, None)
            case GaveUp(demand):
                self.left.add(demand)
                self.holding.pop(demand, None)
            case Pinned(key, is_pinned):
                (self.pinned.add if is_pinned else self.pinned.discard)(key)
            case _:
                pass

    def _do(self, effect: Effect, now: float) -> None:
        self.counts[type(effect).__name__] += 1
        match effect:
            case Grant(demand, load):
                assert demand not in self.granted, "granted twice"
                assert demand not in self.left, "granted to somebody who left"
                assert now < self.asked[demand] + self.patience, "granted too late"
                slot = next(slot for slot in self.scheduler.slots if slot.load == load)
                assert slot.phase is Phase.READY
                assert len(slot.users) <= self.limits.parallel, "too many at once"
                assert slot.context >= self.contexts[demand], "too little context"
                self.granted[demand], self.holding[demand] = now, load
                self._push(
                    now + min(self._random.expovariate(1 / self.odds.answer), 4 * self.odds.answer), Served(demand)
                )
            case Refuse(demand):
                assert demand not in self.refused, "refused twice"
                self.refused[demand] = effect
                self.holding.pop(demand, None)
                self.counts[effect.why.value] += 1
            case Load(load, key):
                assert sum(slot.bytes for slot in self.scheduler.slots) <= self.limits.budget, (
                    "loaded beyond the budget"
                )
                self._play(load, key, now)
            case Unload(load, key, why):
                self.counts[why] += 1
                assert load not in self.holding.values(), "unloaded in use"
                assert why != "evicted" or key not in self.pinned or self._is_replaced(key), (
                    "a pinned model was evicted"
                )
                self._push(now + self._random.uniform(*self.odds.leaving), WentDown(load))

    def _is_replaced(self, key: str) -> bool:
        """Whether somebody wants it with more context than it has."""
        return any(demand.key == key and demand.context for demand in self.scheduler.waiting)

    def _play(self, load: int, key: str, now: float) -> None:
        """One load at a time; it ends well or badly, and may die later."""
        loading = [slot for slot in self.scheduler.slots if slot.phase is Phase.LOADING]
        assert [slot.load for slot in loading] == [load], "two loads at once"
        up = now + self._random.uniform(*self.odds.loading)
        if self._random.random() < self.odds.fails:
            self._push(up, FailedToLoad(load, "no luck"))
            return
        if self._random.random() < self.odds.hangs:
            self.counts["hung"] += 1
            self._push(up + SILENCE, FailedToLoad(load, "it hung"))
            return
        self._push(up, CameUp(load, self._size(key)))
        more = self._random.randrange(self.odds.grows) if self.odds.grows else 0
        self._push(up + _EPSILON, Measured(load, self._size(key) - self._random.randrange(10) + more))
        if self._random.random() < self.odds.dies:
            self._push(up + self._random.uniform(10, 60), WentDown(load))

    def _check(self, now: float) -> None:
        total = sum(slot.bytes for slot in self.scheduler.slots)
        self.most_bytes = max(self.most_bytes, total)
        keys = [slot.key for slot in self.scheduler.slots]
        assert len(keys) == len(set(keys)), "a model is there twice"
        leaving = sum(slot.bytes for slot in self.scheduler.slots if slot.phase is Phase.LEAVING)
        spare = [slot for slot in self.scheduler.slots if slot.is_idle and slot.key not in self.pinned]
        if self.odds.grows:
            assert total - leaving <= self.limits.budget or not spare, "over budget while something could go"
        else:
            assert total <= self.limits.budget, "over budget"
        assert self.limits.most is None or len(self.scheduler.slots) <= self.limits.most, "too many models"
        slots = {slot.load: slot for slot in self.scheduler.slots}
        for demand, load in self.holding.items():
            assert demand in slots[load].users, "somebody's model went away"
        assert all(demand.deadline > now for demand in self.scheduler.waiting), "somebody waits beyond the deadline"

    def _size(self, key: str) -> int:
        return self.sizes[int(key[1:]) % len(self.sizes)]

    def _push(self, moment: float, event: Event) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), event))
