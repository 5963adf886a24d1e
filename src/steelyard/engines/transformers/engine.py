"""Starts ``transformers serve`` for each model."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from steelyard.engines.fit import check_fits
from steelyard.engines.foreign import Launch, start_foreign
from steelyard.engines.hardware import Hardware
from steelyard.engines.models import Availability, Endpoint, LoadOptions, Task, Weights
from steelyard.engines.ports import free_port
from steelyard.engines.running import RunningChild
from steelyard.engines.transformers.command import command
from steelyard.engines.wire import EngineClient

_OVERHEAD = 700 * 2**20  # bytes: 491 MB measured for the process, and what the first tokens take
_START = 300.0  # seconds
_NEEDED = ("transformers", "torch", "uvicorn")
# A prompt that does not fit ends the thread that answers, for everybody; the program itself goes on.
_DEAD = "No requests can be scheduled"
_HINT = "pip install 'steelyard[transformers]'"


class TransformersEngine:
    """For models that are no GGUF file. ``program`` is that of another environment; None: the one beside us.

    It asks for no key: whoever can reach the loopback address of this machine can use the loaded model, and no other.
    """

    name = "transformers"

    def __init__(
        self,
        client: EngineClient,
        hardware: Hardware,
        program: str | None = None,
        quantize_above: int | None = None,
        start_seconds: float = _START,
    ) -> None:
        self._client = client
        self._hardware = hardware
        self._program = program
        self._quantize_above = quantize_above
        self._start_seconds = start_seconds
        self._found = shutil.which(program) if program else _beside()

    def availability(self) -> Availability:
        """Whether it is installed."""
        if self._found is not None:
            return Availability(True)
        if self._program is not None:
            return Availability(False, "the program in engines.transformers cannot be run", "Check the path.")
        return Availability(False, "it is not installed", _HINT)

    def refusal(self, weights: Weights) -> str | None:
        """Folders of safetensors, to chat with."""
        if weights.format != "safetensors":
            return f"it loads safetensors, and this is {weights.format or 'unknown'}"
        return "it makes no vectors" if weights.task is Task.EMBED else None

    def foresee(self, weights: Weights, options: LoadOptions) -> int:
        """Weights, a quarter of them in 4 bits, the cache and the process."""
        return self._needed(weights, options) + _OVERHEAD

    async def start(self, weights: Weights, options: LoadOptions) -> RunningChild:
        """Load. Raises CannotLoad, TooLarge or EngineFailed."""
        check_fits(self._hardware.cards, self._needed(weights, options), self.name, weights.name)
        port = free_port()
        argv = command(
            self._found or self.name, weights, options, port,
            has_cuda=self._hardware.has_cuda, is_quantized=self._is_quantized(weights),
        )  # fmt: skip
        threads = {"OMP_NUM_THREADS": str(options.threads or max(1, self._hardware.cores - 1))}
        # It takes the field, warns in its log and leaves them out: cli/serving of 5.23.
        endpoint = Endpoint(f"http://127.0.0.1:{port}", str(weights.path), gives_logprobs=False)
        launch = Launch(self.name, weights.name, weights.path, argv, endpoint, threads, _DEAD)
        return await start_foreign(launch, self._client, self._start_seconds)

    def _needed(self, weights: Weights, options: LoadOptions) -> int:
        """Bytes on the card, where there is one."""
        size = weights.size // 3 if self._is_quantized(weights) else weights.size
        cache = weights.kv.bytes_for(options.context * options.parallel) if weights.kv else weights.size // 4
        return size + cache

    def _is_quantized(self, weights: Weights) -> bool:
        """Large weights on a card, where bitsandbytes can be seen to be there: only in our own environment."""
        if self._quantize_above is None or weights.size <= self._quantize_above or self._program is not None:
            return False
        return self._hardware.has_cuda and find_spec("bitsandbytes") is not None


def _beside() -> str | None:
    """The program in the environment that runs us, with all that it needs."""
    if any(find_spec(name) is None for name in _NEEDED):
        return None
    return shutil.which("transformers", path=str(Path(sys.executable).parent))
