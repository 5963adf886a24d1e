"""Starts a child for each model."""

import os
import secrets
import sys
from dataclasses import asdict
from functools import cached_property
from importlib.util import find_spec

from steelyard.engines.child import Child, ChildEnded, start_child
from steelyard.engines.llamacpp.failures import failure_of
from steelyard.engines.llamacpp.settings import ChildSettings, child_settings, context_of
from steelyard.engines.models import Availability, Endpoint, LoadOptions, Task, Weights
from steelyard.engines.running import RunningChild
from steelyard.engines.stillness import unless_still

_IN_MEMORY = hasattr(os, "memfd_create")
_COMMAND = (sys.executable, "-P", "-m", "steelyard.engines.llamacpp.child")
_OVERHEAD = 60 * 2**20  # bytes: measured 33 MB for the process, up to 33 MB for buffers at 32,768 tokens
_HEAD_ROOM = 0.1  # of the cache, for what is calculated on the way
_UNKNOWN_KV = 0.25  # of the weights, for 4,096 tokens: a model of seven thousand million numbers at four bits


class LlamaCppEngine:
    """The default engine. ``show_slots`` lets tests see what it works on; it shows prompts, so only they turn it on."""

    name = "llamacpp"

    def __init__(self, cores: int | None = None, *, show_slots: bool = False) -> None:
        self._cores = cores or os.cpu_count() or 1
        self._show_slots = show_slots

    def availability(self) -> Availability:
        """Whether the wheel is installed."""
        return self._availability

    @cached_property
    def _availability(self) -> Availability:
        if find_spec("xllamacpp") is None:
            return Availability(False, "xllamacpp is not installed", "pip install xllamacpp")
        return Availability(True)

    def refusal(self, weights: Weights) -> str | None:
        """It reads GGUF; and folders of sentence embedding models, which it makes into that."""
        if weights.format == "gguf":
            return None
        if weights.format == "safetensors" and weights.task is Task.EMBED and _IN_MEMORY and weights.is_bert:
            return None
        return f"it reads GGUF files, and this is {weights.format or 'unknown'}"

    def foresee(self, weights: Weights, options: LoadOptions) -> int:
        """The file, the cache of all requests, and what the process needs."""
        tokens = context_of(weights, options) * options.parallel
        if weights.kv is None:
            cache = int(weights.size * _UNKNOWN_KV * tokens / 4096)
        else:
            cache = weights.kv.bytes_for(tokens, 4 if options.exact else 2)
        return weights.size + int(cache * (1 + _HEAD_ROOM)) + _OVERHEAD

    async def start(self, weights: Weights, options: LoadOptions) -> RunningChild:
        """Load. Raises CannotLoad, TooLarge or EngineFailed."""
        settings = child_settings(weights, options, secrets.token_urlsafe(32), self._cores, show_slots=self._show_slots)
        child = await start_child(_COMMAND, asdict(settings))
        try:
            return await self._ready(child, settings, weights)
        except ChildEnded as ended:
            await child.stop()
            raise failure_of(ended.status, ended.lines, weights) from None
        except BaseException:
            await child.stop()
            raise

    async def _ready(self, child: Child, settings: ChildSettings, weights: Weights) -> RunningChild:
        facts = await unless_still(child, child.announced(), weights.name)
        extras = {} if settings.embed else {"return_progress": True}
        endpoint = Endpoint(facts["url"], settings.alias, settings.key, extras)
        return RunningChild(child, endpoint, weights.path)
