"""The tracker that a whole program shares: a decorator is written long before anybody could hand one in."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from steelyard.client.track.fields import UsageFields
from steelyard.client.track.forks import call_in_children
from steelyard.client.track.kinds import UsageEventType
from steelyard.client.track.tally import Tally
from steelyard.client.track.tracker import Tracker
from steelyard.client.track.tracking import Tracking


class Shared:
    """One tracker, made when it is first needed."""

    def __init__(self, make: Callable[[], Tracker] = Tracker) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._tracker: Tracker | None = None
        call_in_children(self)

    def renew(self) -> None:
        """A lock of its own for a forked process: another thread may have held this one."""
        self._lock = threading.Lock()

    def get(self) -> Tracker:
        """The tracker."""
        with self._lock:
            if self._tracker is None:
                self._tracker = self._make()
            return self._tracker

    def use(self, tracker: Tracker) -> None:
        """Take this one from now on; what the one before holds is delivered."""
        with self._lock:
            before, self._tracker = self._tracker, tracker
        if before is not None:
            before.close()


shared = Shared()


def track(
    model: str | None = None,
    *,
    argument: str | None = None,
    keep: Sequence[str] = (),
    measure: Callable[[Any], Mapping[str, Any]] | None = None,
    type: str | None = None,  # noqa: A002 - the depot's own word for it
    **figures: Unpack[UsageFields],
) -> Tracking:
    """Track the use of a model: ``@track("org/name")``, ``with track("org/name") as use:``, or ``async with``.

    ``argument`` is the argument of the decorated function that names the model; those in ``keep`` become parameters
    of the event. ``measure`` is given the function's result and says more, such as ``{"tokens_out": 12}``. ``type`` is
    a generation that was completed or failed, unless given. Nothing of this ever raises into the program.
    """
    return shared.get().track(model, argument=argument, keep=keep, measure=measure, type=type, **figures)


async def track_usage(
    model: str | None = None,
    *,
    type: str = UsageEventType.GENERATION_COMPLETED,  # noqa: A002 - the depot's own word for it
    **fields: Unpack[UsageFields],
) -> None:
    """Tell of one event that is over; returns at once and delivers in the background."""
    shared.get().record(type, model, fields)


def configure(url: str | None = None, token: str | None = None, user: str | None = None, **more: Any) -> None:
    """Say which depot to tell, where that is not in the environment; ``more`` as a Tracker takes it."""
    shared.use(Tracker(url, token, user, **more))


def flush(seconds: float = 5.0) -> bool:
    """Wait so long until the depot has everything; whether it has."""
    return shared.get().flush(seconds)


def tally() -> Tally:
    """What became of the events so far."""
    return shared.get().tally
