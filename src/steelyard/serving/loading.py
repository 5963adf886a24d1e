"""Loads by the engines that can, one after the other until one has done it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import EngineFailed, EngineMissing
from steelyard.engines.models import LoadOptions, Weights
from steelyard.engines.protocol import Engine, Loaded

logger = logging.getLogger(__name__)
_LONGEST = 900.0  # seconds; 100 GB from a slow disk take some ten minutes


class Choice(Protocol):
    """Which engines can run a model, the best one first."""

    def candidates(self, weights: Weights) -> Sequence[Engine]:
        """Raises EngineMissing with the reasons when there is none."""


@dataclass(frozen=True, slots=True)
class Came:
    """A model that came into memory, by which engine, and why not by those before it."""

    engine: str
    loaded: Loaded
    notes: tuple[str, ...]


class Loader:
    """``seconds`` bound one load by one engine."""

    def __init__(self, choice: Choice, seconds: float = _LONGEST) -> None:
        self._choice = choice
        self._seconds = seconds

    def foresee(self, weights: Weights, options: LoadOptions) -> int:
        """Bytes that the best engine will take. Raises EngineMissing."""
        return self._choice.candidates(weights)[0].foresee(weights, options)

    async def load(self, weights: Weights, options: LoadOptions, claim: Callable[[int], Awaitable[None]]) -> Came:
        """``claim`` reserves what each engine will take, and raises TooLarge. Raises why the last engine failed."""
        notes: list[str] = []
        failure: SteelyardError = EngineFailed(f"No engine could load {weights.name}.")
        for engine in self._candidates(weights):
            try:
                await claim(engine.foresee(weights, options))
                return Came(engine.name, await self._start(engine, weights, options), tuple(notes))
            except SteelyardError as error:
                failure = error
            notes.append(f"{engine.name}: {failure.detail}")
        raise failure

    async def _start(self, engine: Engine, weights: Weights, options: LoadOptions) -> Loaded:
        """Raises a SteelyardError whatever goes wrong: a bug in an engine holds up nobody."""
        try:
            async with asyncio.timeout(self._seconds):
                return await engine.start(weights, options)
        except SteelyardError:
            raise
        except TimeoutError as error:
            raise EngineFailed(f"{weights.name} was not loaded within {self._seconds:g} s.") from error
        except Exception as error:
            logger.exception("an engine broke while it loaded a model", extra={"engine": engine.name})
            raise EngineFailed(f"The engine {engine.name} broke while it loaded {weights.name}.") from error

    def _candidates(self, weights: Weights) -> Sequence[Engine]:
        """None where one was there a moment ago and is no more."""
        try:
            return self._choice.candidates(weights)
        except EngineMissing:
            return ()
        except Exception:
            logger.exception("cannot tell which engine runs a model", extra={"model": weights.name})
            return ()
