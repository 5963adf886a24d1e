"""What happens to the scheduler, and what it wants done: plain values, so that a test can be the world."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Demand:
    """One request that wants a model with ``context`` tokens or more.

    ``bytes`` is what loading it would take, ``deadline`` and all times are seconds of one monotonic clock.
    ``keep_alive`` None: the default; 0: unload after the answer; infinite: stay. ``is_elsewhere``: another server has
    it, and it takes no memory here.
    """

    id: int
    key: str
    bytes: int
    deadline: float
    keep_alive: float | None = None
    context: int = 0
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody wants a model."""

    demand: Demand


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Whoever waited or was served has gone, in any state."""

    demand: int


@dataclass(frozen=True, slots=True)
class Served:
    """A request is done with its model."""

    demand: int


@dataclass(frozen=True, slots=True)
class CameUp:
    """A load has ended well; it takes so many bytes, as far as is known."""

    load: int
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class FailedToLoad:
    """A load has ended badly. ``is_final``: another try would end the same."""

    load: int
    reason: str
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class WentDown:
    """An unload is done, or a loaded model's process died: ``reason`` has its last words."""

    load: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """Somebody wants a model out of memory as soon as nobody uses it; a load on its way is given up.

    ``spares_waiting``: but not one that somebody waits for.
    """

    key: str
    spares_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Distrusted:
    """An engine seems to hang: nobody new shall use that load, and it is to end with those who do."""

    load: int


@dataclass(frozen=True, slots=True)
class Pinned:
    """Whether a model is to stay in memory once it is there."""

    key: str
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What a loaded model really takes."""

    load: int
    bytes: int


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Look at deadlines and keep-alives."""


Event = (
    Wanted
    | GaveUp
    | Served
    | CameUp
    | FailedToLoad
    | WentDown
    | Dismissed
    | Distrusted
    | Pinned
    | Measured
    | TimePassed
)


class Refusal(StrEnum):
    """Why a request is not served."""

    QUEUE_FULL = "queue-full"
    DEADLINE = "deadline"
    TOO_LARGE = "too-large"
    COOLING_DOWN = "cooling-down"
    LOAD_FAILED = "load-failed"
    CRASHED = "crashed"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Grant:
    """The request may use that load now."""

    demand: int
    load: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request is not served; ``retry_after`` in seconds where another try makes sense."""

    demand: int
    why: Refusal
    reason: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Begin to load a model, under this number, as that request wants it."""

    load: int
    key: str
    for_demand: int


@dataclass(frozen=True, slots=True)
class Unload:
    """Take a model out of memory, or give up its load; ``WentDown`` is to follow."""

    load: int
    key: str
    why: str


Effect = Grant | Refuse | Load | Unload
