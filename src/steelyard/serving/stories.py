"""Loads and unloads as events of the log."""

from datetime import timedelta

from steelyard.core.clock import Clock
from steelyard.serving.live import Story
from steelyard.usage.events import Event, EventType
from steelyard.usage.recorder import Recorder

_LONGEST = 300  # characters of a reason


class Stories:
    """Hears of every load and unload, and hands it to the recorder."""

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock

    def tell(self, story: Story) -> None:
        """Write it down, without waiting."""
        self._recorder.submit(event_of(story, self._clock))


def event_of(story: Story, clock: Clock) -> Event:
    """The event of a load or an unload; an unload by a crash is one that failed."""
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
        parameters={
            name: value
            for name, value in (
                ("engine", story.engine), ("reason", story.why[:_LONGEST] or None), ("bytes", story.bytes),
            )
            if value is not None
        },
    )  # fmt: skip
