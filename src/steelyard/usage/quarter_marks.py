"""Marks of quarters of an hour: which part of today the fold changed.

The marks of days alone would say, every second, that a range which ended this morning may have changed. Beside them
the fold marks the quarters that it counts into, and the day once more as one that it has changed itself: what is left
of the day's mark without these are changes by others, who mark whole days only.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, func, or_, select

from steelyard.usage.day_marks import once_more
from steelyard.usage.keys import QUARTERS
from steelyard.usage.tables import state

# For whoever asks for more at once; ``within`` gives their parameters.
CHANGES = select(func.coalesce(func.sum(state.c.value), 0)).where(
    state.c.name.between(bindparam("first_quarter"), bindparam("last_quarter"))
)
FOLDS = select(func.coalesce(func.sum(state.c.value), 0)).where(state.c.name == bindparam("folded_day"))
_NO_DAY = -1


def mark(connection: Connection, quarters: Iterable[int], today: int) -> None:
    """Count one more fold of each of these quarters since 1970, of today and later, and of the days that they are in.

    In the transaction that folds, which marks the days as well. What was marked before ``today`` goes.
    """
    present = sorted(quarter for quarter in quarters if quarter >= today * QUARTERS)
    days = sorted({quarter // QUARTERS for quarter in present})
    once_more(connection, [*map(_quarter, present), *map(_folds, days)])
    past = state.c.name.between(_quarter(0), _quarter(today * QUARTERS - 1))
    connection.execute(delete(state).where(or_(past, state.c.name.between(_folds(0), _folds(today - 1)))))


def within(first: int, end: int) -> dict[str, str]:
    """The parameters for quarters of one day, which is today; for none, parameters that find nothing."""
    day = first // QUARTERS if first < end else _NO_DAY
    return {"first_quarter": _quarter(first), "last_quarter": _quarter(end - 1), "folded_day": _folds(day)}


def _quarter(number: int) -> str:
    return f"quarter {number:09d}"


def _folds(day: int) -> str:
    return f"folds {day:07d}"
