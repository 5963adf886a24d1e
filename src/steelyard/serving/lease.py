"""The right to use a loaded model for one request."""

import asyncio
from collections.abc import Callable
from types import TracebackType

from steelyard.engines.models import Endpoint, LoadOptions, Weights


class Lease:
    """Held while a request uses a model. ``queue_ms`` and ``load_ms`` are what it cost to get it."""

    def __init__(
        self, endpoint: Endpoint, engine: str, weights: Weights, options: LoadOptions, notes: tuple[str, ...],
        queue_ms: float, load_ms: float, failed: "asyncio.Future[None]", release: Callable[[], None],
        distrust: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.endpoint = endpoint
        self.engine = engine
        self.weights = weights
        self.options = options
        self.notes = notes
        self.queue_ms = queue_ms
        self.load_ms = load_ms
        self.failed = failed
        self._release = release
        self._distrust = distrust

    def release(self) -> None:
        """Let it go. May be called twice."""
        self._release()

    def distrust(self) -> None:
        """The engine did not say a word in all that time."""
        self._distrust()

    def __enter__(self) -> "Lease":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
