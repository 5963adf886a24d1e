"""Does what the scheduler decides: wakes those who wait, has models loaded and unloaded, and tells it the news.

Everything happens in the event loop's thread and the scheduler is asked in one piece, so nothing comes in between.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable

from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import EngineFailed, TooLarge
from steelyard.engines.models import LoadOptions, Weights
from steelyard.serving.ending import size_of
from steelyard.serving.errors import Stopping
from steelyard.serving.lease import Lease
from steelyard.serving.limits import Limits
from steelyard.serving.live import Live, Story, Waiter
from steelyard.serving.loading import Loader
from steelyard.serving.moves import (
    Demand,
    Dismissed,
    Distrusted,
    Effect,
    Event,
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
)
from steelyard.serving.refusals import SMALLER, error_of
from steelyard.serving.residents import Residents, Scene, key_of
from steelyard.serving.scheduler import Scheduler
from steelyard.serving.slots import Phase, Slot

logger = logging.getLogger(__name__)
_LONGEST_SLEEP = 60.0
_LONGEST_CLAIM = 60.0  # seconds for idle models to go


class Keeper:
    """The one owner of all loaded models. ``tell`` hears of every load and unload."""

    def __init__(
        self,
        scheduler: Scheduler,
        loader: Loader,
        clock: Clock,
        tell: Callable[[Story], None],
    ) -> None:
        self._scheduler = scheduler
        self._loader = loader
        self._clock = clock
        self._residents = Residents(loader, clock, Scene(self._feed, tell, self._claim))
        self._numbers = itertools.count(1)
        self._waiters: dict[int, Waiter] = {}
        self._pinned: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0
        self._moved = asyncio.Event()
        self._is_closing = False

    @property
    def live(self) -> list[tuple[int, Live]]:
        """The models in memory, by the numbers of their loads."""
        return self._residents.live

    @property
    def known(self) -> list[Weights]:
        """The models in memory and on their way there."""
        return self._residents.weights

    @property
    def limits(self) -> Limits:
        """The bounds that hold."""
        return self._scheduler.limits

    @property
    def used(self) -> int:
        """Bytes that models take: those in memory, those that come, and those that go."""
        return self._scheduler.limits.budget - self._scheduler.free

    def slot(self, load: int) -> Slot | None:
        """What the scheduler knows of a load."""
        return next((slot for slot in self._scheduler.slots if slot.load == load), None)

    def is_pinned(self, live: Live) -> bool:
        """Whether a model is to stay in memory."""
        return key_of(live.weights) in self._pinned

    def waiting(self) -> dict[str, int]:
        """How many wait for each model, by its name."""
        counts: dict[str, int] = {}
        for demand in self._scheduler.waiting:
            name = self._waiters[demand.id].weights.name
            counts[name] = counts.get(name, 0) + 1
        return counts

    async def lease(
        self,
        weights: Weights,
        options: LoadOptions,
        seconds: float,
        *,
        keep_alive: float | None = None,
        is_pinned: bool = False,
    ) -> Lease:
        """The right to use a model, loaded if need be; to be released. ``seconds`` bound the wait.

        Raises TimedOut, QueueFull, LoadCoolingDown, TooLarge, EngineMissing, CannotLoad, EngineFailed; Stopping when
        the depot does.
        """
        if self._is_closing:
            raise _stopping()
        key, number, now = key_of(weights), next(self._numbers), self._clock.monotonic()
        there = self._scheduler.has_room(key, options.context)
        size = self._loader.foresee(weights, options) if there is None else there.bytes
        waiter = Waiter(weights, options, asyncio.get_running_loop().create_future(), now)
        self._waiters[number] = waiter
        self._pin(key, is_pinned=is_pinned)
        self._feed(Wanted(Demand(number, key, size, now + seconds, keep_alive, options.context, size == 0)))
        try:
            if not waiter.granted.done():
                waiter.saw_load |= self._is_loading(key)
            load = await waiter.granted
        except BaseException:
            self._waiters.pop(number, None)
            self._feed(GaveUp(number))
            raise
        return self._lease(number, load, waiter)

    def dismiss(self, model: str, *, spares_waiting: bool = False) -> bool:
        """Unload a model, by its weights' key, as soon as nobody uses it; whether it is there or on its way.

        ``spares_waiting``: a load that somebody waits for goes on.
        """
        keys = self._keys_of(model)
        for key in keys:
            self._feed(Dismissed(key, spares_waiting))
        return bool(keys)

    def pin(self, model: str, *, is_pinned: bool) -> None:
        """Keep a model, by its weights' key, in memory once it is there, or no longer."""
        for key in self._keys_of(model):
            self._pin(key, is_pinned=is_pinned)

    def measure(self) -> None:
        """Tell the scheduler what the models really take."""
        for load, live in self.live:
            size = size_of(live.loaded)
            if size is not None:
                self._feed(Measured(load, size))

    async def close(self) -> None:
        """Stop every engine; nothing is left behind."""
        self._is_closing = True
        if self._timer is not None:
            self._timer.cancel()
        for waiter in self._waiters.values():
            waiter.fail(_stopping())
        await self._residents.close()

    def _keys_of(self, model: str) -> set[str]:
        return {key_of(weights) for weights in self.known if weights.key == model}

    def _is_loading(self, key: str) -> bool:
        return any(slot.key == key and slot.phase is Phase.LOADING for slot in self._scheduler.slots)

    def _pin(self, key: str, *, is_pinned: bool) -> None:
        if is_pinned != (key in self._pinned):
            (self._pinned.add if is_pinned else self._pinned.discard)(key)
            self._feed(Pinned(key, is_pinned))

    def _lease(self, number: int, load: int, waiter: Waiter) -> Lease:
        live, now = self._residents.get(load), self._clock.monotonic()
        if live is None:  # it died between the grant and this line
            self._release(number)
            raise _failure(waiter)
        waited = (now - waiter.asked_at) * 1000
        load_ms = min(live.load_ms, waited) if waiter.saw_load else 0.0
        return Lease(
            live.loaded.endpoint, live.engine, live.weights, live.options, live.notes, waited - load_ms, load_ms,
            waiter.failed, lambda: self._release(number), lambda: self._distrust(load),
        )  # fmt: skip

    def _release(self, number: int) -> None:
        if self._waiters.pop(number, None) is not None:
            self._feed(Served(number))

    def _distrust(self, load: int) -> None:
        """An engine that did not say a word in time may hang: nobody new is sent there, and it ends with its users."""
        live = self._residents.get(load)
        if live is not None and live.loaded.endpoint.fleet is None:
            logger.warning("an engine is silent and will be ended", extra={"model": live.weights.name})
            self._feed(Distrusted(load))

    def _feed(self, event: Event) -> None:
        if self._is_closing:
            return
        for effect in self._scheduler.handle(event, self._clock.monotonic()):
            self._do(effect)
        self._set_timer()
        self._moved.set()

    def _do(self, effect: Effect) -> None:
        match effect:
            case Grant(demand, load):
                waiter = self._waiters.get(demand)
                if waiter is not None and not waiter.granted.done():
                    waiter.granted.set_result(load)
            case Refuse():
                self._refuse(effect)
            case Load(load, key, demand):
                self._load(load, key, self._waiters[demand])
            case Unload(load, _, why):
                self._residents.end(load, why)

    def _refuse(self, effect: Refuse) -> None:
        waiter = self._waiters.get(effect.demand)
        if waiter is not None:
            known = self._residents.failure(key_of(waiter.weights))
            waiter.fail(error_of(effect, waiter.weights.name, known))

    def _load(self, load: int, key: str, waiter: Waiter) -> None:
        for other in self._scheduler.waiting:
            if other.key == key:
                self._waiters[other.id].saw_load = True
        self._residents.begin(load, waiter.weights, waiter.options)

    async def _claim(self, load: int, size: int) -> None:
        """The engine that comes next may take more memory than the first: idle models go for it.

        Raises TooLarge where that is not enough.
        """
        slot = self.slot(load)
        if slot is None or size <= slot.bytes:
            return
        if size > slot.bytes + self._scheduler.within_reach:
            raise TooLarge("it would take more memory than is free", hint=SMALLER)
        self._feed(Measured(load, size))
        try:
            async with asyncio.timeout(_LONGEST_CLAIM):
                while self._scheduler.free < 0:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError as error:
            raise TooLarge("the memory that it would take did not become free", hint=SMALLER) from error

    def _set_timer(self) -> None:
        """A look too early harms nobody, so a timer that stands is left alone: a new one for each request took time."""
        now = self._clock.monotonic()
        moment = self._scheduler.next_moment(now)
        if moment is None or (self._timer is not None and now < self._wakes_at <= moment):
            return
        if self._timer is not None:
            self._timer.cancel()
        delay = min(_LONGEST_SLEEP, max(0.0, moment - now))
        self._wakes_at = now + delay
        self._timer = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._feed(TimePassed())


def _failure(waiter: Waiter) -> SteelyardError:
    error = waiter.failed.exception() if waiter.failed.done() else None
    return error if isinstance(error, SteelyardError) else EngineFailed("The engine stopped.", hint="Ask again.")


def _stopping() -> Stopping:
    return Stopping("The depot is stopping.", hint="Ask again in a moment.", retry_after=5.0)
