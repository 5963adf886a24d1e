"""Running models in a few numbers, for monitors. Names of private models are in none of them."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from steelyard.engines.hardware import Card
from steelyard.engines.registry import Engines
from steelyard.serving.service import ServingService
from steelyard.serving.tally import Tally


class Pulse:
    """What ``GET /health`` and ``/metrics`` show. ``cards`` asks the driver, which may take its time: in ``threads``;
    None where there is no card."""

    def __init__(
        self,
        service: ServingService,
        engines: Engines,
        tally: Tally,
        cards: Callable[[], Sequence[Card]] | None,
        threads: Executor,
    ) -> None:
        self._service = service
        self._engines = engines
        self._tally = tally
        self._cards = cards
        self._threads = threads

    @property
    def has_cards(self) -> bool:
        """Whether models can be loaded onto cards."""
        return self._cards is not None

    async def report(self) -> dict[str, Any]:
        """``cache`` (models in memory, bytes, who waits), ``backends`` (engines that can be used), ``gpu``, ``models``
        (what was loaded and unloaded since the start)."""
        return {
            "cache": self._cache(),
            "backends": {engine.name: engine.availability().usable for engine in self._engines.all()},
            "gpu": await self._gpu(),
            "models": {"loads": dict(self._tally.loads), "unloads": dict(self._tally.unloads)},
        }

    def _cache(self) -> dict[str, Any]:
        state = self._service.state()
        return {
            "loaded": len(state.loaded), "max": state.most, "models": list(state.public), "bytes": state.bytes,
            "budget_bytes": state.budget, "waiting": sum(state.waiting.values()),
            "in_flight": sum(model.in_flight for model in state.loaded),
        }  # fmt: skip

    async def _gpu(self) -> dict[str, Any] | None:
        if self._cards is None:
            return None
        cards = await asyncio.get_running_loop().run_in_executor(self._threads, self._cards)
        return {
            "count": len(cards),
            "cards": [
                {"name": card.name, "memory_bytes": card.memory, "free_bytes": card.free} for card in cards
            ],
        }  # fmt: skip
