"""Models in memory, or on their way in or out."""

import math
from dataclasses import dataclass, field
from enum import Enum, auto


class Phase(Enum):
    """Where a load stands."""

    LOADING = auto()
    READY = auto()
    LEAVING = auto()


@dataclass(slots=True)
class Slot:
    """One load of one model, with ``context`` tokens for each request. ``users`` are the requests that hold it.

    ``keep`` is how many seconds it stays after its last use, ``keep_until`` the moment that comes of it;
    ``unwanted_since`` when somebody was last seen to wait for a load on its way. ``is_elsewhere``: on another server.
    """

    load: int
    key: str
    bytes: int
    phase: Phase = Phase.LOADING
    users: set[int] = field(default_factory=set)
    ready_at: float = 0.0
    last_used: float = 0.0
    keep: float = math.inf
    keep_until: float = math.inf
    is_dismissed: bool = False
    is_closed: bool = False
    context: int = 0
    is_elsewhere: bool = False
    unwanted_since: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it is in memory and nobody uses it."""
        return self.phase is Phase.READY and not self.users
