"""Loads and unloads as events of the log."""

from datetime import timedelta

from steelyard.core.clock import Clock
from steelyard.serving.gauge import CardUse, Gauge
from steelyard.serving.live import Story
from steelyard.usage.events import Event, EventType
from steelyard.usage.recorder import Recorder

_LONGEST = 300  # characters of a reason


class Stories:
    """Hears of every load and unload, and hands it to the recorder."""

    def __init__(self, recorder: Recorder, clock: Clock, gauge: Gauge | None = None) -> None:
        """``gauge`` knows what models took of the cards."""
        self._recorder = recorder
        self._clock = clock
        self._gauge = gauge

    def tell(self, story: Story) -> None:
        """Write it down, without waiting."""
        use = None if story.is_load or self._gauge is None else self._gauge.close(story.key)
        self._recorder.submit(event_of(story, self._clock, use))


def event_of(story: Story, clock: Clock, use: CardUse | None = None) -> Event:
    """The event of a load or an unload; an unload by a crash is one that failed. ``use`` is what it took of the cards,
    at most and on average."""
    milliseconds = round(story.seconds * 1000, 3)
    failed = "load-failed" if story.is_load else "engine-crashed"
    return Event(
        type=EventType.MODEL_LOAD if story.is_load else EventType.MODEL_UNLOAD,
        at=clock.now() - timedelta(seconds=story.seconds),
        model=story.model,
        success=story.success,
        error_code=None if story.success else failed,
        duration_ms=milliseconds,
        load_ms=milliseconds if story.is_load and story.success else None,
        vram_mb=None if use is None else use.megabytes,
        gpu_utilization=None if use is None else round(use.mean_percent, 1),
        parameters={
            name: value
            for name, value in (
                ("engine", story.engine), ("reason", story.why[:_LONGEST] or None), ("bytes", story.bytes),
                ("peak_bytes", use and use.peak_bytes), ("planned_bytes", use and use.planned_bytes),
            )
            if value is not None
        },
    )  # fmt: skip
