"""Keys of events: the time of an event and a number, so that the log lies in the order of time without any index.

63 bits: 42 of milliseconds since 2020, then 21 that tell events of one millisecond apart. Late events find their place
among the others of their time.
"""

import secrets
from collections.abc import Sequence
from itertools import count

_EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z
_NUMBER_BITS = 21
_NUMBERS = 1 << _NUMBER_BITS
_LAST_MS = (1 << 42) - 1
QUARTER_MS = 900_000
QUARTERS = 96  # of a day
HOUR_QUARTERS = 4
HOURS = QUARTERS // HOUR_QUARTERS
HOUR_MS = QUARTER_MS * HOUR_QUARTERS
DAY_MS = QUARTER_MS * QUARTERS


class EventKeys:
    """Gives keys to events. Two processes that write events of the same millisecond meet once in two million times,
    which the key of the table notices: the second asks for another key."""

    def __init__(self) -> None:
        self._numbers = count(secrets.randbelow(_NUMBERS))  # several threads may ask: no number is given twice

    def key(self, at_ms: int) -> int:
        """The next key of an event at this time, in milliseconds since 1970. Times before 2020 count as its start."""
        return first_key(at_ms) | next(self._numbers) % _NUMBERS

    def keys(self, times: Sequence[int]) -> list[int]:
        """The next key of an event at each of these times, in a fifth of the time that ``key`` takes."""
        if not times or min(times) < _EPOCH_MS or max(times) > _EPOCH_MS + _LAST_MS:
            return [self.key(at_ms) for at_ms in times]
        numbered = zip(times, self._numbers, strict=False)  # they never end
        return [(at_ms - _EPOCH_MS) << _NUMBER_BITS | number % _NUMBERS for at_ms, number in numbered]


def first_key(at_ms: int) -> int:
    """The smallest key of all events at or after this time."""
    return min(max(at_ms - _EPOCH_MS, 0), _LAST_MS) << _NUMBER_BITS


def at_ms_of(key: int) -> int:
    """When the event was, in milliseconds since 1970."""
    return (key >> _NUMBER_BITS) + _EPOCH_MS


def quarter_of(at_ms: int) -> tuple[int, int]:
    """The UTC day since 1970 and the quarter of an hour in it, 0 to 95."""
    day, rest = divmod(at_ms, DAY_MS)
    return day, rest // QUARTER_MS
