"""What the addresses of long lists have in common: from one day to another, and a place."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from steelyard.core.clock import iso
from steelyard.web.query import InvalidPage, query_string, read_text

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayQuery:
    """One page of a list; ``since`` and ``until`` are days in UTC, both included, None means any."""

    since: datetime | None = None
    until: datetime | None = None
    offset: int = 0

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the place was asked for."""
        return bool(self._named) or self.since is not None or self.until is not None

    @property
    def end(self) -> datetime | None:
        """The first moment after ``until``."""
        return self.until + _DAY if self.until else None

    @property
    def first_day(self) -> str | None:
        """``since`` as a field takes it."""
        return self.since.date().isoformat() if self.since else None

    @property
    def last_day(self) -> str | None:
        """``until`` as a field takes it."""
        return self.until.date().isoformat() if self.until else None

    @property
    def address(self) -> str:
        """The query string of this page of ours."""
        days = {"since": self.first_day, "until": self.last_day, "offset": str(self.offset) if self.offset else None}
        return query_string(self._named | {name: text for name, text in days.items() if text})

    def api_address(self, **more: str) -> str:
        """The query string that asks the API for all of it."""
        times = {"since": self.since, "until": self.end}
        return query_string(self._named | {name: iso(time) for name, time in times.items() if time} | more)

    def at(self, offset: int) -> Self:
        """The same list at another place."""
        return replace(self, offset=max(0, offset))

    @property
    @abstractmethod
    def _named(self) -> dict[str, str]:
        """What else was asked for, by its name in the address."""


def read_day(parameters: Mapping[str, str], name: str) -> datetime | None:
    """A day as its first moment, in UTC; None when none is given. Raises InvalidPage."""
    text = read_text(parameters, name)
    if text is None:
        return None
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        found + _DAY  # the last day of the calendar has no end
    except (ValueError, OverflowError):
        raise InvalidPage(f"{name} is a day.", hint="Write it like 2026-11-20.") from None
    return found
