"""Which engines there are, and which of them runs a model: built-in ones, and plug-ins by the entry point group
``steelyard.engines``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, runtime_checkable

from steelyard.core.errors import BadRequest
from steelyard.engines.errors import EngineMissing
from steelyard.engines.hardware import Hardware
from steelyard.engines.llamacpp.engine import LlamaCppEngine
from steelyard.engines.models import Weights
from steelyard.engines.protocol import Engine
from steelyard.engines.remote.engine import RemoteEngine
from steelyard.engines.settings import EngineSettings
from steelyard.engines.transformers.engine import TransformersEngine
from steelyard.engines.vllm.engine import VllmEngine
from steelyard.engines.wire import EngineClient

GROUP = "steelyard.engines"
# Loaded when it is named only: it brings a web server, 20 ms of every start.
_SELDOM = (EntryPoint("echo", "steelyard.engines.echo.engine:create", GROUP),)


class UnknownEngine(BadRequest):
    """The settings name an engine that is not installed."""

    slug = "unknown-engine"
    title = "There is no such engine"


@dataclass(frozen=True, slots=True)
class EngineContext:
    """What an engine may use."""

    settings: EngineSettings
    hardware: Hardware
    client: EngineClient


@runtime_checkable
class Refreshing(Protocol):
    """An engine that has to look around from time to time: servers elsewhere come and go."""

    async def refresh(self) -> None:
        """Look again; does nothing where it has just done so."""


EngineFactory = Callable[[EngineContext], Engine]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An engine that does not run a model, and why; ``hint`` is what would change that.

    ``is_lacking``: it could run it, were it usable here.
    """

    engine: str
    reason: str
    hint: str | None = None
    is_lacking: bool = False


class Engines:
    """The engines of one depot, the first that can run a model is the one."""

    def __init__(self, engines: Iterable[Engine]) -> None:
        self._engines = {engine.name: engine for engine in engines}

    def all(self) -> Sequence[Engine]:
        """In the order of the settings."""
        return list(self._engines.values())

    def get(self, name: str) -> Engine:
        """By name. Raises UnknownEngine."""
        if name not in self._engines:
            raise UnknownEngine(
                f"No engine is called {name[:60]!r}.", hint=f"Engines here: {', '.join(self._engines)}."
            )
        return self._engines[name]

    def candidates(self, weights: Weights) -> Sequence[Engine]:
        """Those that can run a model, the best first. Raises EngineMissing, with each one's reason."""
        fit, passed = self.sorted_out(weights)
        if fit:
            return fit
        told = "; ".join(f"{one.engine}: {one.reason}" for one in passed)
        hint = next((one.hint for one in passed if one.hint), "Pull a GGUF file of the model: llama.cpp runs it.")
        raise EngineMissing(f"No engine here can run {weights.name} ({told}).", hint=hint)

    def sorted_out(self, weights: Weights) -> tuple[list[Engine], list[PassedOver]]:
        """Those that can run a model, and why the others cannot."""
        fit: list[Engine] = []
        passed: list[PassedOver] = []
        for engine in self._engines.values():
            reason = engine.refusal(weights)
            available = engine.availability()
            if reason is not None:
                passed.append(PassedOver(engine.name, reason))
            elif not available.usable:
                why = available.reason or "it cannot be used here"
                passed.append(PassedOver(engine.name, why, available.hint, is_lacking=True))
            else:
                fit.append(engine)
        return fit, passed

    async def refresh(self) -> None:
        """Let those look around that have to. Cheap; to be called before a model is asked for."""
        for engine in self._engines.values():
            if isinstance(engine, Refreshing):
                await engine.refresh()


def load_engines(context: EngineContext, points: Iterable[EntryPoint] | None = None) -> Engines:
    """The engines that the settings name, in that order. Raises UnknownEngine."""
    factories: dict[str, EngineFactory] = dict(BUILT_IN)
    for point in (*_SELDOM, *(entry_points(group=GROUP) if points is None else points)):
        if point.name in context.settings.order:
            factories.setdefault(point.name, point.load())
    for name in context.settings.order:
        if name not in factories:
            known = ", ".join(sorted({*factories, *(point.name for point in _SELDOM)}))
            raise UnknownEngine(f"No engine is called {name[:60]!r}.", hint=f"Set engines.order to some of: {known}.")
    return Engines(factories[name](context) for name in dict.fromkeys(context.settings.order))


def _llamacpp(context: EngineContext) -> Engine:
    return LlamaCppEngine(context.hardware.cores)


def _transformers(context: EngineContext) -> Engine:
    settings = context.settings
    return TransformersEngine(
        context.client, context.hardware, settings.transformers, settings.quantize_above, settings.start_seconds
    )


def _vllm(context: EngineContext) -> Engine:
    settings = context.settings
    return VllmEngine(context.client, settings.vllm, settings.start_seconds, context.hardware.cards)


def _remote(context: EngineContext) -> Engine:
    return RemoteEngine(context.client, context.settings.remotes)


BUILT_IN: Mapping[str, EngineFactory] = {
    "llamacpp": _llamacpp,
    "transformers": _transformers,
    "vllm": _vllm,
    "remote": _remote,
}
