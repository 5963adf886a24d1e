"""Everything about running models, wired: engines, who may be in memory, conversations."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from steelyard.core.clock import Clock
from steelyard.core.signals import Signals
from steelyard.core.threads import unabandoned
from steelyard.db.database import Database
from steelyard.engines.cuda import cards, loads
from steelyard.engines.hardware import CardLoad, look
from steelyard.engines.models import LoadOptions, Weights
from steelyard.engines.registry import EngineContext, Engines, load_engines
from steelyard.engines.remote.engine import RemoteEngine
from steelyard.engines.running import RunningChild
from steelyard.engines.settings import EngineSettings
from steelyard.engines.wire import EngineClient
from steelyard.serving.gauge import Gauge
from steelyard.serving.heads import Head
from steelyard.serving.keeper import Keeper
from steelyard.serving.limits import Limits
from steelyard.serving.live import Live, Story
from steelyard.serving.loading import Loader
from steelyard.serving.pulse import Pulse
from steelyard.serving.scheduler import Scheduler
from steelyard.serving.servable import InThread, Servables
from steelyard.serving.service import Bringer, ServingService
from steelyard.serving.sessions import Sessions
from steelyard.serving.settings import ServingSettings
from steelyard.serving.stories import Stories
from steelyard.serving.tally import Tally
from steelyard.serving.upkeep import Upkeep
from steelyard.storage.disk import DiskStorage
from steelyard.usage.recorder import Recorder

ENGINE_TOPIC = "engine"  # the signal that a model came into memory or left it


@dataclass(frozen=True, slots=True)
class ServingHouse:
    """What answers, and what it stands on. ``background`` is to be kept running, ``close`` to be called last."""

    service: ServingService
    sessions: Sessions
    engines: Engines
    keeper: Keeper
    client: EngineClient
    pulse: Pulse
    background: Mapping[str, Callable[[], Awaitable[None]]]

    async def close(self) -> None:
        """Stop every engine; nothing is left behind."""
        await self.keeper.close()
        await self.client.close()


@dataclass(frozen=True, slots=True)
class ServingParts:
    """What the rest of the house gives. ``threads`` read heads of files; without a ``bringer`` nothing is pulled."""

    database: Database
    storage: DiskStorage
    recorder: Recorder
    signals: Signals
    clock: Clock
    threads: Executor
    bringer: Bringer | None = None
    stores_prompts: bool = False


def gather_serving(
    known: EngineSettings, settings: ServingSettings, parts: ServingParts, engines: Engines | None = None
) -> ServingHouse:
    """Wire the rooms of running models; ``engines`` take the place of those that the settings name.

    Raises UnknownEngine.
    """
    client, hardware = EngineClient(), look(cards())
    engines = engines or load_engines(EngineContext(known, hardware, client))
    scheduler = Scheduler(limits_of(known, known.budget(hardware)))
    tally = Tally()
    # Made before the keeper, which it looks at later.
    gauge = _gauge(lambda: keeper.live, engines, parts.threads) if hardware.has_cuda else None
    telling = _telling(Stories(parts.recorder, parts.clock, gauge), tally, parts.signals)
    keeper = Keeper(scheduler, Loader(engines), parts.clock, telling)
    models = Servables(parts.database, parts.storage, parts.clock, _reading_in(parts.threads), Fleet(engines))
    sessions = Sessions(parts.database, parts.clock, settings)
    usual = LoadOptions(known.context, known.parallel, known.threads)
    bringer = parts.bringer if settings.auto_pull else None
    service = ServingService(
        models, keeper, client, sessions, parts.clock, usual, bringer, stores_prompts=parts.stores_prompts, gauge=gauge
    )
    upkeep = Upkeep(models, keeper, parts.signals, engines.refresh)
    background = {"engines": upkeep.run, "servers elsewhere": upkeep.look_around}
    if parts.database.kind != "sqlite":  # a file is never away
        background["warm models"] = models.keep_warm
    if gauge is not None:
        background["gauge"] = gauge.run
    pulse = Pulse(service, engines, tally, cards if hardware.has_cuda else None, parts.threads)
    return ServingHouse(service, sessions, engines, keeper, client, pulse, background)


def limits_of(known: EngineSettings, budget: int) -> Limits:
    """The bounds that the settings give."""
    return Limits(
        budget=budget,
        most=known.max_loaded,
        parallel=known.parallel,
        queue=known.queue,
        queue_all=known.queue_all,
        keep_alive=known.keep_alive_seconds,
        cooldown=known.cooldown_seconds,
    )


class Fleet:
    """``serving.servable.Elsewhere``: the servers of the engine ``remote``."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def has(self, name: str) -> bool:
        """Whether one of them lists it; they are asked now and then."""
        return name in await self.names()

    async def names(self) -> Sequence[str]:
        """All that they list, by name."""
        remotes = [engine for engine in self._engines.all() if isinstance(engine, RemoteEngine)]
        for engine in remotes:
            if engine.availability().usable:
                await engine.refresh()
        return sorted({name for engine in remotes for name in engine.models()})


def _telling(stories: Stories, tally: Tally, signals: Signals) -> Callable[[Story], None]:
    def tell(story: Story) -> None:
        tally.count(story)
        stories.tell(story)
        signals.publish(ENGINE_TOPIC, story.model)

    return tell


def _gauge(live: Callable[[], Sequence[tuple[int, Live]]], engines: Engines, threads: Executor) -> Gauge:
    async def look() -> Sequence[CardLoad]:
        return await unabandoned(asyncio.get_running_loop().run_in_executor(threads, loads))

    def plan(engine: str, weights: Weights, options: LoadOptions) -> int:
        return engines.get(engine).foresee(weights, options)

    return Gauge(live, look, plan, lambda loaded: loaded.pid if isinstance(loaded, RunningChild) else None)


def _reading_in(threads: Executor) -> InThread:
    async def read(work: Callable[[], Head]) -> Head:
        return await unabandoned(asyncio.get_running_loop().run_in_executor(threads, work))

    return read
