"""The scheduler: which model is in memory, and who may use it. It decides and does nothing: events in, effects out.

One task owns it and feeds it (``keeper``), so there is no state to race for. Loads have numbers, so that news about an
old load is never taken for news about a new one of the same model.

- A request for a model in memory is served at once while it has room, whoever waits for another one.
- Others wait in the order they came. The first whose model is not there decides what is loaded next, one at a time.
- Room is made by unloading idle models, never one that is in use or pinned. Where that is not enough the request waits
  for one to become idle. When it has waited for a while, those that have been in memory longest take no new
  requests, so that nobody is starved; each has its while first, so that memory is not filled anew for every request.
- A model is there once. Whoever wants more context than it has waits until a larger load has taken its place.
- A load that nobody waits for any more goes on, unless it stands in somebody's way for too long.
"""

import math
from collections.abc import Iterable, Iterator

from steelyard.serving.cooling import Cooling
from steelyard.serving.eviction import least_needed, oldest, victims
from steelyard.serving.limits import Limits
from steelyard.serving.line import Line
from steelyard.serving.memory import Memory
from steelyard.serving.moves import (
    CameUp,
    Demand,
    Dismissed,
    Distrusted,
    Effect,
    Event,
    FailedToLoad,
    GaveUp,
    Grant,
    Load,
    Measured,
    Pinned,
    Refusal,
    Refuse,
    Served,
    TimePassed,
    Unload,
    Wanted,
    WentDown,
)
from steelyard.serving.slots import Phase, Slot

_PATIENCE = 10.0  # seconds that the first in line lets others pass by, and that a model has once it is in memory
_UNWANTED = 30.0  # seconds that a load which nobody waits for may stand in the way of one that somebody waits for


class Scheduler:
    """All that is known about models in memory and those who wait. Times are seconds of one monotonic clock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._memory = Memory(limits)
        self._line = Line(limits)
        self._cooling = Cooling(limits.cooldown)

    @property
    def limits(self) -> Limits:
        """The bounds within which it works."""
        return self._limits

    @property
    def slots(self) -> list[Slot]:
        """Everything in memory, and on its way in or out."""
        return list(self._memory.slots.values())

    @property
    def free(self) -> int:
        """Bytes that nothing takes; below zero where models turned out larger than foreseen."""
        return self._memory.free

    @property
    def within_reach(self) -> int:
        """Bytes that are free, or would be without the idle models that may go."""
        idle = [slot for slot in self._memory.here if slot.is_idle and slot.key not in self._memory.pinned]
        return self._memory.free + sum(slot.bytes for slot in idle)

    @property
    def waiting(self) -> list[Demand]:
        """Those who wait, the first in line first."""
        return list(self._line)

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Take in one event; returns what is to be done, in that order."""
        quickly = self._at_once(event, now)
        if quickly is not None:
            return quickly
        taken, late = list(self._take(event, now)), list(self._refuse_late(now))
        return [*taken, *late, *self._serve(now), *self._expire(now), *self._shrink(), *self._make_room(now)]

    def has_room(self, key: str, context: int) -> Slot | None:
        """What can serve a request for a model now, while nobody waits for anything."""
        if self._line:
            return None
        for slot in self._memory.slots.values():
            if slot.key == key and slot.context >= context and self._has_room(slot):
                return slot
        return None

    def _at_once(self, event: Event, now: float) -> list[Effect] | None:
        """The two events of each request, where nobody waits and nothing has to go: then no more is to be looked at,
        and looking took a tenth of the time of a short answer."""
        if self._line or self._memory.free < 0:
            return None
        if isinstance(event, Wanted):
            slot = self.has_room(event.demand.key, event.demand.context)
            if slot is None:
                return None
            self._hold(slot, event.demand, now)
            return [Grant(event.demand.id, slot.load)]
        if isinstance(event, Served):
            slot = self._used_by(event.demand)
            if slot is None or slot.is_dismissed or slot.keep <= 0:
                return None
            _leave(slot, event.demand, now)
            return []
        return None

    def next_moment(self, now: float) -> float | None:
        """When something has to be looked at again though nothing happened; None: never."""
        pinned = self._memory.pinned
        moments = [slot.keep_until for slot in self._memory.slots.values() if slot.is_idle and slot.key not in pinned]
        if self._line:
            moments += [demand.deadline for demand in self._line]
            begun = [*(self._line.since(one) for one in self._line), *(slot.ready_at for slot in self.slots)]
            alone = [slot.unwanted_since for slot in self.slots if slot.unwanted_since is not None]
            ends = [*(moment + _PATIENCE for moment in begun), *(moment + _UNWANTED for moment in alone)]
            moments += [moment for moment in ends if moment > now]
        first = min(moments, default=math.inf)
        return None if first == math.inf else first

    def _take(self, event: Event, now: float) -> Iterable[Effect]:
        match event:
            case Wanted(demand):
                return self._wanted(demand, now)
            case GaveUp(demand) | Served(demand):
                self._let_go(demand, now)
            case CameUp(load, size):
                self._came_up(load, size, now)
                return self._refuse_hopeless()
            case FailedToLoad(load, reason, is_final):
                return self._failed(load, reason, now, is_final=is_final)
            case WentDown(load, reason):
                return self._went_down(load, reason)
            case Measured(load, size):
                self._measured(load, size)
                return self._refuse_hopeless()
            case Dismissed(key, spares_waiting):
                return self._dismiss(key, spares_waiting=spares_waiting)
            case Distrusted(load):
                self._close(load)
            case Pinned(key, is_pinned):
                (self._memory.pinned.add if is_pinned else self._memory.pinned.discard)(key)
                return self._refuse_hopeless()
            case TimePassed():
                pass
        return ()

    def _wanted(self, demand: Demand, now: float) -> Iterable[Effect]:
        is_there = bool(self._memory.serving(demand))
        known = None if is_there else self._cooling.of(demand.key, demand.context, now)
        if known is not None:
            yield Refuse(demand.id, Refusal.COOLING_DOWN, known.reason, known.until - now)
        elif not is_there and self._memory.is_hopeless(demand):
            yield Refuse(demand.id, Refusal.TOO_LARGE)
        elif self._must_wait(demand) and self._line.is_full(demand.key):
            yield Refuse(demand.id, Refusal.QUEUE_FULL, retry_after=1.0)
        else:
            self._line.add(demand, now)

    def _must_wait(self, demand: Demand) -> bool:
        """Whether it cannot be served at once: nothing has room, or others wait for the same."""
        has_room = any(self._has_room(slot) for slot in self._memory.serving(demand))
        return not has_room or any(self._memory.serving(other) for other in self._line.of(demand.key))

    def _let_go(self, demand: int, now: float) -> None:
        self._line.drop(demand)
        for slot in self.slots:
            if demand in slot.users:
                _leave(slot, demand, now)

    def _used_by(self, demand: int) -> Slot | None:
        for slot in self._memory.slots.values():
            if demand in slot.users:
                return slot
        return None

    def _came_up(self, load: int, size: int | None, now: float) -> None:
        slot = self._memory.slots.get(load)
        if slot is not None and slot.phase is Phase.LOADING:
            slot.phase, slot.ready_at, slot.last_used = Phase.READY, now, now
            slot.keep, slot.keep_until = self._limits.keep_alive, now + self._limits.keep_alive
            slot.unwanted_since = None
            self._measured(load, size or 0)

    def _measured(self, load: int, size: int) -> None:
        """More than foreseen counts. Less does not: pages of weights and cache are taken when they are first used."""
        slot = self._memory.slots.get(load)
        if slot is not None:
            slot.bytes = max(slot.bytes, size)
            slot.is_elsewhere = slot.is_elsewhere and size == 0

    def _refuse_hopeless(self) -> Iterator[Effect]:
        """What was pinned, or turned out larger, since somebody came may leave no room for what they want."""
        for demand in self._line:
            if not self._memory.serving(demand) and self._memory.is_hopeless(demand):
                self._line.drop(demand.id)
                yield Refuse(demand.id, Refusal.TOO_LARGE)

    def _failed(self, load: int, reason: str, now: float, *, is_final: bool) -> Iterator[Effect]:
        """Whoever waits for that model is told; others of its load shall not try again at once."""
        slot = self._memory.slots.pop(load, None)
        if slot is None:
            return
        self._cooling.add(slot.key, slot.context, reason, now)
        for demand in self._line.of(slot.key):
            if demand.context >= slot.context or is_final:
                self._line.drop(demand.id)
                yield Refuse(demand.id, Refusal.LOAD_FAILED, reason, None if is_final else self._limits.cooldown)

    def _went_down(self, load: int, reason: str) -> Iterator[Effect]:
        slot = self._memory.slots.pop(load, None)
        if slot is not None and slot.phase is not Phase.LEAVING:
            for demand in sorted(slot.users):
                yield Refuse(demand, Refusal.CRASHED, reason, 1.0)

    def _dismiss(self, key: str, *, spares_waiting: bool) -> Iterator[Effect]:
        for slot in self._memory.of(key):
            if slot.phase is not Phase.LOADING:
                slot.is_dismissed = True
                continue
            if spares_waiting and self._line.of(key):
                continue
            for demand in self._line.of(key):
                self._line.drop(demand.id)
                yield Refuse(demand.id, Refusal.DISMISSED)
            yield self._unload(slot, "dismissed")

    def _close(self, load: int) -> None:
        slot = self._memory.slots.get(load)
        if slot is not None:
            slot.is_closed = slot.is_dismissed = True

    def _refuse_late(self, now: float) -> Iterator[Effect]:
        """Those who waited until their deadline."""
        for demand in self._line.late(now):
            self._line.drop(demand.id)
            yield Refuse(demand.id, Refusal.DEADLINE)

    def _expire(self, now: float) -> Iterator[Effect]:
        """Models that nobody has used for a while. Whoever waited for one is served first: it may have just come."""
        for slot in self.slots:
            over = slot.keep_until <= now and slot.key not in self._memory.pinned
            if slot.is_idle and (slot.is_dismissed or over):
                yield self._unload(slot, "dismissed" if slot.is_dismissed else "idle")
            elif self._is_in_the_way(slot, now):
                yield self._unload(slot, "abandoned")

    def _is_in_the_way(self, slot: Slot, now: float) -> bool:
        """Whether a load goes on for nobody, and has kept somebody from theirs for long enough."""
        if slot.phase is not Phase.LOADING:
            return False
        is_wanted = bool(self._line.of(slot.key)) or self._first_in_line() is None
        if is_wanted or slot.unwanted_since is None:
            slot.unwanted_since = None if is_wanted else now
        return slot.unwanted_since is not None and now - slot.unwanted_since >= _UNWANTED

    def _serve(self, now: float) -> Iterator[Effect]:
        """Everybody whose model is there and has room."""
        closed = self._closed(now)
        for demand in self._line:
            slots = [slot for slot in self._memory.serving(demand) if self._has_room(slot) and slot not in closed]
            if slots:
                self._line.drop(demand.id)
                self._hold(slots[0], demand, now)
                yield Grant(demand.id, slots[0].load)

    def _hold(self, slot: Slot, demand: Demand, now: float) -> None:
        slot.users.add(demand.id)
        slot.last_used = now
        slot.keep = self._limits.keep_alive if demand.keep_alive is None else demand.keep_alive

    def _shrink(self) -> Iterator[Effect]:
        """Models that turned out larger than foreseen: idle ones go until all fit again, or none is idle."""
        leaving = sum(slot.bytes for slot in self._memory.here if slot.phase is Phase.LEAVING)
        for slot in least_needed(self._memory.here, self._memory.free + leaving, self._memory.pinned):
            yield self._unload(slot, "evicted")

    def _make_room(self, now: float) -> Iterator[Effect]:
        """Begin the next load, or unload what stands in its way."""
        yield from self._reach_out()
        demand = self._first_in_line()
        if demand is None or self._memory.is_in(Phase.LOADING) or self._memory.is_in(Phase.LEAVING):
            return
        demand = self._line.widest(demand)
        going = self._in_the_way_of(demand)
        if going is None:
            return
        for slot in going:
            yield self._unload(slot, "evicted")
        if not going:
            yield self._load(demand)

    def _reach_out(self) -> Iterator[Effect]:
        """What another server has needs no room, and waits for nobody."""
        for demand in self._line:
            if demand.is_elsewhere and not self._memory.serving(demand):
                yield self._load(demand)

    def _in_the_way_of(self, demand: Demand) -> list[Slot] | None:
        """What has to go first: a smaller load of the same model, and idle ones; None when that is not enough now."""
        smaller = self._memory.of(demand.key)
        if not all(slot.is_idle for slot in smaller):
            return None
        free = self._memory.free + sum(slot.bytes for slot in smaller)
        others = [slot for slot in self._memory.here if slot not in smaller]
        over = max(0, self._memory.over - len(smaller))
        going = victims(others, demand.bytes, free, over, self._memory.pinned)
        return None if going is None else [*smaller, *going]

    def _first_in_line(self) -> Demand | None:
        """The first who waits for a model that is neither in memory nor coming."""
        return next((one for one in self._line if not one.is_elsewhere and not self._memory.serving(one)), None)

    def _closed(self, now: float) -> list[Slot]:
        """The models that take no new requests, because somebody has let others pass by for long enough."""
        first = self._first_in_line()
        if first is None or now - self._line.since(first) < _PATIENCE:
            return []
        if any(slot.phase is not Phase.READY for slot in self._memory.here):
            return []  # room is being made, or used, already
        old = [slot for slot in self._memory.here if now - slot.ready_at >= _PATIENCE]
        smaller = [slot for slot in old if slot.key == first.key]
        others = [slot for slot in old if slot.key not in self._memory.pinned and slot not in smaller]
        missing = self._line.widest(first).bytes - self._memory.free - sum(slot.bytes for slot in smaller)
        return [*smaller, *oldest(others, missing, self._memory.over - len(smaller))]

    def _load(self, demand: Demand) -> Effect:
        return Load(self._memory.add(demand).load, demand.key, demand.id)

    def _unload(self, slot: Slot, why: str) -> Effect:
        slot.phase = Phase.LEAVING
        return Unload(slot.load, slot.key, why)

    def _has_room(self, slot: Slot) -> bool:
        if slot.phase is not Phase.READY or slot.is_closed:
            return False
        return slot.is_elsewhere or len(slot.users) < self._limits.parallel


def _leave(slot: Slot, demand: int, now: float) -> None:
    slot.users.discard(demand)
    slot.last_used, slot.keep_until = now, now + slot.keep
