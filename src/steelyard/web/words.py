"""Values as people read them. Pure: the present moment is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from steelyard.core.clock import iso
from steelyard.core.units import format_duration, format_size

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_NAMED = 3  # more names than this are counted: a line on a phone holds about three


@dataclass(frozen=True, slots=True)
class Moment:
    """A time for a ``<time>`` element: ``iso`` for machines, ``text`` relative to now, ``exact`` for the tooltip."""

    iso: str
    text: str
    exact: str


def moment(text: str | None, now: datetime) -> Moment | None:
    """An ISO 8601 time as a Moment, or None for None. Raises ValueError when it is no time."""
    if text is None:
        return None
    then = datetime.fromisoformat(text).astimezone(UTC)
    return Moment(iso(then), _ago(then, now), f"{then.day} {then:%B %Y, %H:%M} UTC")


def _ago(then: datetime, now: datetime) -> str:
    seconds = (now - then).total_seconds()
    if seconds < _MINUTE:  # a clock ahead of ours reads as now, too
        return "just now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min ago"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h ago"
    days = int(seconds // _DAY)
    if days <= 30:
        return "yesterday" if days == 1 else f"{days} days ago"
    return f"{then.day} {then:%b %Y}"


def due(text: str | None, now: datetime) -> Moment | None:
    """A time to come as a Moment: ``in 12 days``; ``any moment`` once it has passed. Raises ValueError."""
    if text is None:
        return None
    then = datetime.fromisoformat(text).astimezone(UTC)
    return Moment(iso(then), _ahead((then - now).total_seconds()), f"{then.day} {then:%B %Y, %H:%M} UTC")


def _ahead(seconds: float) -> str:
    for size, word in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= 0.95 * size:  # a week that began a second ago is still a week
            return f"in {counted(round(seconds / size), word)}"
    return "any moment"


def count(number: int) -> str:
    """``18,402``."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """``1 model``, ``2 models``."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def parameters(number: int | None) -> str | None:
    """``7.2 B`` parameters, as model cards write them; None when nobody knows."""
    if not number:
        return None
    for unit, size in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size * 0.9995:
            value = number / size
            return f"{value:.0f} {unit}" if value >= 99.95 else f"{value:.1f} {unit}"
    return str(number)


def speed(bytes_per_second: float | None) -> str | None:
    """``212 MB/s``; None when nothing moves."""
    return f"{format_size(bytes_per_second)}/s" if bytes_per_second else None


def time_left(seconds: float | None) -> str | None:
    """``1 min 52 s left``; None when nobody knows."""
    return None if seconds is None else f"{format_duration(seconds)} left"


def names(people: Sequence[str]) -> str | None:
    """``ines``, ``ines and leo``, ``ines and 3 others``; None for nobody."""
    if not people:
        return None
    if len(people) > _NAMED:
        return f"{people[0]} and {len(people) - 1} others"
    return " and ".join(filter(None, [", ".join(people[:-1]), people[-1]]))


def of_total(done: int, total: int | None) -> str:
    """``41.8 GB of 65.5 GB``; without a total only what is here."""
    return f"{format_size(done)} of {format_size(total)}" if total else format_size(done)
