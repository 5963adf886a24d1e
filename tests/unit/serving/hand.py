"""Engines, wires and requests played by hand."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.types import Message

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import EngineMissing
from steelyard.engines.models import Availability, Endpoint, LoadOptions, Weights
from steelyard.engines.protocol import Engine
from steelyard.serving.live import Story


def weights(name: str = "a", size: int = 100, **more: Any) -> Weights:
    """Of a model that needs nothing on disk."""
    return Weights(f"key-{name}", name, Path("nowhere"), "gguf", size, **more)


class HandLoaded:
    """A model in memory, until ``die`` or ``stop``."""

    def __init__(self, engine: "HandEngine", weights: Weights) -> None:
        self.engine = engine
        self.weights = weights
        self.bytes: int | None = None
        self.stops = 0
        self._over = asyncio.Event()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("http://127.0.0.1:9", self.weights.name)

    @property
    def is_alive(self) -> bool:
        return not self._over.is_set()

    def memory_bytes(self) -> int | None:
        return self.bytes

    def last_lines(self) -> Sequence[str]:
        return ["loading", "out of luck"]

    def die(self) -> None:
        self._over.set()

    async def ended(self) -> None:
        await self._over.wait()

    async def stop(self) -> None:
        self.stops += 1
        self._over.set()
        if self in self.engine.loaded:
            self.engine.loaded.remove(self)


@dataclass(eq=False)
class HandEngine:
    """Loads at once, or when its ``gate`` opens; raises ``error`` instead where there is one."""

    name: str = "hand"
    error: Exception | None = None
    gate: asyncio.Event | None = None
    loaded: list[HandLoaded] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    times: float = 1.0

    def availability(self) -> Availability:
        return Availability(True)

    def refusal(self, weights: Weights) -> str | None:
        return None

    def foresee(self, weights: Weights, options: LoadOptions) -> int:
        return int(weights.size * self.times)

    async def start(self, weights: Weights, options: LoadOptions) -> HandLoaded:
        self.started.append(weights.name)
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(weights.name)
            raise
        if self.error is not None:
            raise self.error
        loaded = HandLoaded(self, weights)
        self.loaded.append(loaded)
        return loaded


@dataclass
class HandChoice:
    """These, in this order."""

    engines: Sequence[Engine]

    def candidates(self, weights: Weights) -> Sequence[Engine]:
        if not self.engines:
            raise EngineMissing("none")
        return self.engines


@dataclass
class Heard:
    """What the keeper told."""

    stories: list[Story] = field(default_factory=list)

    def tell(self, story: Story) -> None:
        self.stories.append(story)

    @property
    def lines(self) -> list[tuple[bool, bool, str]]:
        """Whether each was a load, whether it went well, and why."""
        return [(story.is_load, story.success, story.why) for story in self.stories]


@dataclass
class HandWire:
    """Answers these chunks; waits before the first one while there is a ``gate``; raises ``error`` after the last."""

    chunks: Sequence[Mapping[str, Any]] = ()
    error: SteelyardError | None = None
    gate: asyncio.Event | None = None
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    open: int = 0
    most: int | None = None
    words: int | None = None

    async def batches(
        self, endpoint: Endpoint, path: str, body: Mapping[str, Any]
    ) -> AsyncGenerator[list[Mapping[str, Any]], None]:
        self.asked.append((path, body))
        self.open += 1
        try:
            if self.gate is not None:
                await self.gate.wait()
            for chunk in self.chunks:
                yield [chunk]
            if self.error is not None:
                raise self.error
        finally:
            self.open -= 1

    async def call(self, endpoint: Endpoint, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A vector for each text; ``error`` for one of more than ``words`` words."""
        self.asked.append((path, body))
        texts = body["input"]
        if self.error is not None and any(len(text.split()) > (self.words or 0) for text in texts):
            raise self.error
        rows = [{"index": place, "embedding": [3.0, 4.0, float(place)]} for place, _ in enumerate(texts)]
        return {"data": list(reversed(rows)), "usage": {"prompt_tokens": len(texts)}}


class Visit:
    """A request whose client stays until it ``leaves``."""

    def __init__(self) -> None:
        self._gone = asyncio.Event()
        self.state: dict[str, Any] = {}
        scope = {"type": "http", "method": "POST", "path": "/chat", "headers": [], "state": self.state}
        self.request = Request(scope, self._receive)

    def leave(self) -> None:
        self._gone.set()

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}


def chunk(text: str = "", *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of a chat."""
    return {"choices": [{"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}], **more}
