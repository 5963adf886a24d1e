"""What the keeper knows of each model in memory and of each who waits, and what it tells."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from steelyard.core.errors import SteelyardError
from steelyard.engines.models import LoadOptions, Weights
from steelyard.engines.protocol import Loaded


@dataclass(frozen=True, slots=True)
class Story:
    """What became of one load or unload, for the log of events. ``why`` is empty for a load that went well."""

    key: str
    model: str
    engine: str | None
    is_load: bool
    success: bool
    seconds: float
    bytes: int | None
    why: str = ""


@dataclass(slots=True)
class Live:
    """One model in memory."""

    weights: Weights
    options: LoadOptions
    engine: str
    loaded: Loaded
    notes: tuple[str, ...]
    loaded_at: datetime
    load_ms: float
    watch: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Waiter:
    """One request in line, and later with its lease. ``failed`` is set when what serves it is gone."""

    weights: Weights
    options: LoadOptions
    granted: "asyncio.Future[int]"
    asked_at: float
    saw_load: bool = False
    failed: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def fail(self, error: SteelyardError) -> None:
        """It is not served, or what served it is gone."""
        if not self.granted.done():
            self.granted.set_exception(error)
        elif not self.failed.done():
            self.failed.set_exception(error)
            self.failed.exception()  # whoever holds the lease may never look
