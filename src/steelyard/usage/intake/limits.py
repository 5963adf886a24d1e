"""How long the intake waits, and how old an event may be."""

from dataclasses import dataclass

from steelyard.usage.keys import DAY_MS


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """All in milliseconds: how old an event may be, which is as long as single events are kept, how long a start
    waits for its end, and how long it is known that a request has ended. ``stores_prompts``: whether words of people
    are kept with events."""

    oldest_ms: int = 90 * DAY_MS
    unfinished_ms: int = 3_600_000
    ended_ms: int = 7 * DAY_MS
    stores_prompts: bool = False
