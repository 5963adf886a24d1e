"""One use of a model while it goes on."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from types import TracebackType
from typing import Any, cast

from steelyard.client.track.fields import UsageFields
from steelyard.client.track.kinds import UsageEventType
from steelyard.client.track.quiet import quietly
from steelyard.core.clock import Clock

Record = Callable[[str, str | None, UsageFields], None]
_CANCELLED = (asyncio.CancelledError, KeyboardInterrupt)


@dataclass
class Use:
    """What became known of it; set what you know before it ends. Units are those of UsageFields.

    ``success`` and ``error_code`` follow from how the block ends, unless they were set.
    """

    model: str | None
    parameters: Mapping[str, Any] | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    queue_ms: float | None = None
    load_ms: float | None = None
    first_token_ms: float | None = None
    duration_ms: float | None = None
    vram_mb: float | None = None
    gpu_utilization: float | None = None
    generation_speed: float | None = None
    success: bool | None = None
    error_code: str | None = None
    error_message: str | None = None
    request_id: str | None = None
    session: str | None = None
    username: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def update(self, **figures: Any) -> None:
        """Set several at once; what is no figure of a use is told of in the log when it ends."""
        known = {each.name for each in fields(self)}
        for name, value in figures.items():
            if name in known:
                setattr(self, name, value)
            else:
                self.more[name] = value


class Running:
    """The clockwork around a use: started when made, told of when it ends."""

    def __init__(self, use: Use, type: str | None, clock: Clock, record: Record) -> None:  # noqa: A002
        self.use = use
        self._type = type
        self._clock = clock
        self._record = record
        self._at: datetime = clock.now()
        self._began = clock.monotonic()
        self._ended = False

    def first_piece(self) -> None:
        """The first piece of the answer is there; later calls change nothing."""
        if self.use.first_token_ms is None:
            self.use.first_token_ms = self._elapsed()

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with quietly("recording a use"):
            self._end(error)

    def _end(self, error: BaseException | None) -> None:
        if self._ended:
            return
        self._ended = True
        use = self.use
        if error is not None and not isinstance(error, GeneratorExit):  # a reader who had enough is no failure
            use.success = False if use.success is None else use.success
            use.error_code = use.error_code or _code(error)
        use.success = True if use.success is None else use.success
        use.duration_ms = self._elapsed() if use.duration_ms is None else use.duration_ms
        said = dict(vars(use))  # not asdict: it would copy whatever lies in the parameters
        more, model = said.pop("more"), said.pop("model")
        told = {name: value for name, value in said.items() if value is not None}
        self._record(self._kind(use.success), model, cast("UsageFields", {"timestamp": self._at, **told, **more}))

    def _kind(self, success: bool) -> str:
        if self._type is not None:
            return self._type
        return UsageEventType.GENERATION_COMPLETED if success else UsageEventType.GENERATION_FAILED

    def _elapsed(self) -> float:
        return round((self._clock.monotonic() - self._began) * 1000, 3)


def _code(error: BaseException) -> str:
    return "cancelled" if isinstance(error, _CANCELLED) else type(error).__name__
