"""The models in memory and on their way in and out: their processes, begun and ended as the scheduler says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.core.threads import ended
from steelyard.engines.errors import CannotLoad, EngineMissing, TooLarge
from steelyard.engines.log import without_paths
from steelyard.engines.models import LoadOptions, Weights
from steelyard.serving.ending import carefully, size_of, stop
from steelyard.serving.live import Live, Story
from steelyard.serving.loading import Came, Loader
from steelyard.serving.moves import CameUp, Event, FailedToLoad, WentDown

logger = logging.getLogger(__name__)
_FINAL = (CannotLoad, EngineMissing, TooLarge)
_LAST_WORDS = 500  # characters of a log that an error shows


@dataclass(frozen=True, slots=True)
class Coming:
    """A load on its way."""

    weights: Weights
    task: "asyncio.Task[None]"


@dataclass(frozen=True, slots=True)
class Scene:
    """Who hears the news: ``feed`` the scheduler, ``tell`` the log. ``claim`` takes bytes for a load, or raises."""

    feed: Callable[[Event], None]
    tell: Callable[[Story], None]
    claim: Callable[[int, int], Awaitable[None]]


class Residents:
    """All loads by their numbers. Each that was begun ends in CameUp, FailedToLoad or WentDown, whatever happens."""

    def __init__(self, loader: Loader, clock: Clock, scene: Scene) -> None:
        self._loader = loader
        self._clock = clock
        self._scene = scene
        self._tell = carefully(scene.tell)
        self._coming: dict[int, Coming] = {}
        self._live: dict[int, Live] = {}
        self._failures: dict[str, SteelyardError] = {}
        self._ends: set[asyncio.Task[None]] = set()

    @property
    def live(self) -> list[tuple[int, Live]]:
        """Those in memory, by the numbers of their loads."""
        return list(self._live.items())

    @property
    def weights(self) -> list[Weights]:
        """Of those in memory and of those on their way there."""
        return [*(live.weights for live in self._live.values()), *(one.weights for one in self._coming.values())]

    def get(self, load: int) -> Live | None:
        """What a load came to; None when it has gone."""
        return self._live.get(load)

    def failure(self, key: str) -> SteelyardError | None:
        """Why a load failed, while the scheduler hears of it."""
        return self._failures.get(key)

    def begin(self, load: int, weights: Weights, options: LoadOptions) -> None:
        """Start loading."""
        self._coming[load] = Coming(weights, asyncio.create_task(self._load(load, weights, options)))

    def end(self, load: int, why: str) -> None:
        """Start unloading, or give up a load."""
        _begin(self._ends, self._unload(load, why))

    async def close(self) -> None:
        """End them all; nothing is left behind."""
        loads = [coming.task for coming in self._coming.values()]
        for task in loads:
            task.cancel()
        await ended([*loads, *self._ends])
        await ended([asyncio.ensure_future(self._retire(load, "shutdown")) for load in list(self._live)])

    async def _load(self, load: int, weights: Weights, options: LoadOptions) -> None:
        began = self._clock.monotonic()
        try:
            came = await self._loader.load(weights, options, lambda size: self._scene.claim(load, size))
        except asyncio.CancelledError:
            self._tell(self._failed_story(weights, began, "given up"))
            raise
        except SteelyardError as failure:
            self._failed(load, weights, began, failure)
        else:
            self._came_up(load, weights, options, came, began)
        finally:
            self._coming.pop(load, None)

    def _failed(self, load: int, weights: Weights, began: float, failure: SteelyardError) -> None:
        key = key_of(weights)
        self._failures[key] = failure
        self._scene.feed(FailedToLoad(load, failure.detail, isinstance(failure, _FINAL)))
        del self._failures[key]
        self._tell(self._failed_story(weights, began, failure.detail))

    def _failed_story(self, weights: Weights, began: float, why: str) -> Story:
        return Story(key_of(weights), weights.name, None, True, False, self._clock.monotonic() - began, None, why)

    def _came_up(self, load: int, weights: Weights, options: LoadOptions, came: Came, began: float) -> None:
        seconds, size = self._clock.monotonic() - began, size_of(came.loaded)
        engine, now = came.engine, self._clock.now()
        live = Live(weights, options, engine, came.loaded, came.notes, now, seconds * 1000)
        self._live[load] = live
        live.watch = asyncio.ensure_future(self._watch(load, live))
        self._scene.feed(CameUp(load, size))
        self._tell(Story(key_of(weights), weights.name, engine, True, True, seconds, size))

    async def _watch(self, load: int, live: Live) -> None:
        """A process that dies by itself: its requests fail, and the next one starts it again."""
        await live.loaded.ended()
        self._live.pop(load, None)
        tail = without_paths(" ".join(list(live.loaded.last_lines())[-3:]))[:_LAST_WORDS]
        logger.warning("an engine stopped by itself", extra={"model": live.weights.name, "engine": live.engine})
        _begin(self._ends, live.loaded.stop())
        self._scene.feed(WentDown(load, tail))
        why = f"crashed: {tail}"
        self._tell(Story(key_of(live.weights), live.weights.name, live.engine, False, False, 0.0, None, why))

    async def _unload(self, load: int, why: str) -> None:
        coming = self._coming.get(load)
        if coming is not None:
            coming.task.cancel()
            await ended([coming.task])
        try:
            await self._retire(load, why)
        finally:
            self._scene.feed(WentDown(load))

    async def _retire(self, load: int, why: str) -> None:
        live, began = self._live.pop(load, None), self._clock.monotonic()
        if live is not None and await stop(live):
            seconds = self._clock.monotonic() - began
            self._tell(Story(key_of(live.weights), live.weights.name, live.engine, False, True, seconds, None, why))


def key_of(weights: Weights) -> str:
    """One load serves one task."""
    return f"{weights.key}|{weights.task.value}"


def _begin(tasks: set[asyncio.Task[None]], work: Coroutine[None, None, None]) -> None:
    """Start something that is waited for when all is closed."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
