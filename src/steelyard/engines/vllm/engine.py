"""Starts the program for each model."""

import secrets
import shutil
from collections.abc import Sequence

from steelyard.engines.fit import check_fits
from steelyard.engines.foreign import Launch, start_foreign
from steelyard.engines.hardware import Card
from steelyard.engines.models import Availability, Endpoint, LoadOptions, Weights
from steelyard.engines.ports import free_port
from steelyard.engines.running import RunningChild
from steelyard.engines.vllm.command import command, refusal_of
from steelyard.engines.wire import EngineClient

_OVERHEAD = 2 * 2**30  # bytes: the process, CUDA, and graphs
_START = 300.0  # seconds


class VllmEngine:
    """For machines with ``cards``. ``program`` is the executable, or None where there is none."""

    name = "vllm"

    def __init__(
        self,
        client: EngineClient,
        program: str | None,
        start_seconds: float = _START,
        cards: Sequence[Card] = (),
    ) -> None:
        self._client = client
        self._cards = cards
        self._program = program
        self._start_seconds = start_seconds
        self._found = shutil.which(program) if program else None

    def availability(self) -> Availability:
        """Whether the settings name a program that is there."""
        if self._program is None:
            hint = "Install vLLM into an environment of its own and set engines.vllm to its program."
            return Availability(False, "no program is set", hint)
        if self._found is None:
            return Availability(False, "the program in engines.vllm cannot be run", "Check the path and its rights.")
        return Availability(True)

    def refusal(self, weights: Weights) -> str | None:
        """Folders of safetensors only."""
        return refusal_of(weights)

    def foresee(self, weights: Weights, options: LoadOptions) -> int:
        """Weights, cache and what the process needs."""
        return weights.size + _cache(weights, options.context * options.parallel) + _OVERHEAD

    async def start(self, weights: Weights, options: LoadOptions) -> RunningChild:
        """Load. Raises CannotLoad, TooLarge or EngineFailed."""
        context = min(options.context, weights.context_length or options.context)
        least = weights.size + _cache(weights, context)  # it makes requests wait where the cache is full
        check_fits(self._cards, least, self.name, weights.name)
        port, key = free_port(), secrets.token_urlsafe(32)
        launch = Launch(
            self.name,
            weights.name,
            weights.path,
            command(self._found or self.name, weights, options, port),
            Endpoint(f"http://127.0.0.1:{port}", weights.name, key),
            {"VLLM_API_KEY": key},
        )
        return await start_foreign(launch, self._client, self._start_seconds)


def _cache(weights: Weights, tokens: int) -> int:
    """Bytes for so many tokens; a guess where the shape is not known."""
    return weights.kv.bytes_for(tokens) if weights.kv else weights.size // 4
