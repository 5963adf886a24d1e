"""What tells whether the numbers of a range are still what they were, in one small statement."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from steelyard.usage import day_marks, quarter_marks
from steelyard.usage.keys import DAY_MS, QUARTER_MS, QUARTERS, first_key
from steelyard.usage.statistics.live import MOST
from steelyard.usage.statistics.ranges import Range
from steelyard.usage.tables import hot


@dataclass(frozen=True, slots=True)
class Mark:
    """The same as long as nothing in a range changed.

    ``end`` is the quarter of an hour since 1970 before which it counts. ``changes`` of its days come with late events
    and erasures, those of its ``quarters`` of today with folds: apart, since quarters are forgotten at midnight. What
    waits to be folded is told by how many such events are in the range, and the newest.
    """

    end: int
    changes: int
    quarters: int
    waiting: int
    newest: int | None


# Made once: putting it together takes as long as asking it. Millions may wait, so no more is looked at than is counted.
_every = select(hot.c.id).limit(MOST + 1).subquery()
_within = (
    select(hot.c.id)
    .where(hot.c.id >= bindparam("first"), hot.c.id < bindparam("end"))
    .order_by(hot.c.id.desc())
    .limit(MOST + 1)
    .subquery()
)
_all_waiting = select(func.count()).select_from(_every).scalar_subquery()
_MARK = select(
    day_marks.CHANGES.scalar_subquery(),
    quarter_marks.CHANGES.scalar_subquery(),
    quarter_marks.FOLDS.scalar_subquery(),
    _all_waiting,
    func.count(),
    func.max(_within.c.id),
).select_from(_within)


def read_mark(connection: Connection, wanted: Range, now_ms: int) -> Mark | None:
    """The mark of a range; None while so much waits that statistics leave it out.

    ``now_ms`` is milliseconds since 1970.
    """
    end = end_of(wanted, now_ms)
    midnight = now_ms // DAY_MS * QUARTERS
    ends_today = midnight < end < midnight + QUARTERS
    parameters = {
        **day_marks.within(wanted.first // QUARTERS, -(-end // QUARTERS)),
        **quarter_marks.within(max(wanted.first, midnight) if ends_today else end, end),
        "first": first_key(wanted.first * QUARTER_MS),
        "end": first_key(end * QUARTER_MS),
    }
    days, quarters, folds, everything, waiting, newest = connection.execute(_MARK, parameters).one()
    return None if everything > MOST else Mark(end, int(days - folds), int(quarters), waiting, newest)


def end_of(wanted: Range, now_ms: int) -> int:
    """Before which quarter a range counts: one that reaches the present has all of today, as nothing comes after it."""
    return (now_ms // DAY_MS + 1) * QUARTERS if wanted.end > now_ms // QUARTER_MS else wanted.end
