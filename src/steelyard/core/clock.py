"""Time as something that is handed in, so that tests can turn the hands."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for durations and leases."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump back; comparable only within one process."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The current moment in UTC."""
        return datetime.now(UTC)

    # Seconds since some start, unaffected by clock changes. The function itself: a chat asks for them twenty times.
    monotonic = staticmethod(time.monotonic)


system_clock = SystemClock()


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and ``Z``, as every answer writes times."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"
