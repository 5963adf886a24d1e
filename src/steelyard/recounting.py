"""``steelyard doctor --recount``: the counts of days are made anew of the events in the log, day by day."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.foundation.guest import open_usage_log
from steelyard.settings import Settings
from steelyard.usage.rebuild import Rebuild, days_to_recount
from steelyard.usage.sheet_store import TurnTaken
from steelyard.usage.turns import Turns

_FIRST = date(1970, 1, 1)


class CountsBusy(Unavailable):
    """Others wrote counts all the time."""

    slug = "counts-busy"
    title = "Others write counts all the time"


@dataclass(frozen=True, slots=True)
class RecountedDay:
    """One UTC day (``2026-11-20``): its events, how many the counts had told of before (None: they could not be read),
    and how many sheets it has now. It is the ``number``-th of so many ``days``."""

    day: str
    events: int
    counted_before: int | None
    sheets: int
    number: int
    days: int


def recount(settings: Settings, wanted: date | None, tell: Callable[[RecountedDay], None]) -> None:
    """Count this UTC day anew, or every day that can be; ``tell`` is called after each.

    Raises EventsGone when the day's events are deleted, CountsBusy, DatabaseAway, and what ``open_usage_log`` raises.
    """
    usage_log = open_usage_log(settings)
    try:
        asyncio.run(_recount(usage_log, wanted, tell))
    except TurnTaken as error:
        hint = "Days that were counted anew are right; run it again for the others."
        raise CountsBusy("Other processes wrote counts all the time, and this one found no turn.", hint=hint) from error
    finally:
        usage_log.close()


async def _recount(usage_log: Database, wanted: date | None, tell: Callable[[RecountedDay], None]) -> None:
    days = await usage_log.read(days_to_recount) if wanted is None else [(wanted - _FIRST).days]
    rebuild = Rebuild(Turns(usage_log))
    for number, day in enumerate(days, 1):
        done = await rebuild.recount(day)
        spelled = (_FIRST + timedelta(days=day)).isoformat()
        tell(RecountedDay(spelled, done.events, done.counted_before, done.sheets, number, len(days)))
