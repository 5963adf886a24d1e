"""Reads the sheets of a range, and what has come in since the last fold, into a tally.

Past days seldom change: what they add up to is remembered under the number of changes that their sheets ever had. Only
today's sheet and the hot rows are read each time, so that every answer is true to the last event.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.usage import day_marks, sheet_batches, sheet_store
from steelyard.usage.counts import Counts, of_bag, summed
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import DAY_MS, QUARTERS
from steelyard.usage.sheet_batches import Packed
from steelyard.usage.sheets import Bag, Scope, Sum, code
from steelyard.usage.statistics import store
from steelyard.usage.statistics.cache import Cache
from steelyard.usage.statistics.live import Live
from steelyard.usage.statistics.marks import end_of
from steelyard.usage.statistics.opened import Opened
from steelyard.usage.statistics.ranges import Range
from steelyard.usage.statistics.store import Lifetime, together
from steelyard.usage.statistics.tally import Tally, rows_of

_USES = code(0, Sum.USES)
_OPENED_SECONDS = 3600.0  # some hours are sealed by then


class SheetReader:
    """Reads tallies of subjects. Threads may share it; each call is one snapshot of the log."""

    def __init__(self, clock: Clock, cache: Cache[Tally], summaries: Cache[Tally]) -> None:
        self._clock = clock
        self._cache = cache
        self._summaries = summaries
        self._live = Live()
        self._opened = Opened(clock, _OPENED_SECONDS)

    @property
    def behind(self) -> bool:
        """Whether so much waited at the last look that nothing of it is told."""
        return self._live.behind

    def tally(self, connection: Connection, scope: Scope, subjects: Iterable[int], wanted: Range) -> Tally:
        """What some subjects of one scope did in a range, added up."""
        wanted, today = self._until_midnight(wanted)
        found = Tally()
        for subject, live in self._live.bags(connection, scope, subjects).items():
            found.add(self._past(connection, scope, subject, wanted, today))
            found.add(self._recent(connection, scope, subject, wanted, today))
            _add_live(found, live, wanted)
        return found

    def counts(
        self, connection: Connection, scope: Scope, subjects: Collection[int], wanted: Range
    ) -> dict[int, Counts]:
        """What each of some subjects did in a range."""
        wanted, today = self._until_midnight(wanted)
        past, mark = replace(wanted, end=min(wanted.end, today * QUARTERS)), self._mark(connection, wanted, today)
        kept = {one: self._cache.get((scope, one, past.first, past.end), mark) for one in subjects}
        missing = [one for one, tally in kept.items() if tally is None]
        for one, counts in self._range(connection, scope, missing, past.first, past.end).items():
            kept[one] = Tally(counts)
            self._cache.keep((scope, one, past.first, past.end), mark, Tally(counts))
        recent = self._range(connection, scope, subjects, max(wanted.first, today * QUARTERS), wanted.end)
        found = {}
        for one, live in self._live.bags(connection, scope, subjects).items():
            parts = [of_bag(more) for period, more in live.items() if wanted.first <= period < wanted.end]
            tally = kept[one]
            parts += [tally.counts] if tally else []
            found[one] = summed([*parts, recent[one]] if one in recent else parts)
        return found

    def daily(
        self, connection: Connection, scope: Scope, subjects: Collection[int], wanted: Range
    ) -> dict[int, tuple[Tally, ...]]:
        """What each of many subjects did in whole UTC days: bags and uses by day, no periods. What past days, today
        and hot rows came to; the first two are the same objects as long as nothing changed."""
        today = milliseconds(self._clock.now()) // DAY_MS
        past = range(wanted.days.start, min(wanted.days.stop, today))
        mark = day_marks.changes(connection, past.start, past.stop)
        old = self._remembered(connection, scope, subjects, past, mark)
        found: dict[int, tuple[Tally, ...]] = {}
        new = self._today(connection, scope, subjects, today)
        for one, live in self._live.bags(connection, scope, subjects).items():
            waiting = Tally()
            _add_live(waiting, live, wanted)
            found[one] = (old[one], new[one], waiting) if live else (old[one], new[one])
        return found

    def lifetimes(self, connection: Connection, models: Collection[int]) -> dict[int, Lifetime]:
        """What was ever counted of some models, by word; of one that was never named there is nothing."""
        found = store.lifetimes(connection, models)
        waiting = {which: total for which, total in self._live.totals(connection).items() if which[1] in models}
        kinds = store.texts(connection, {kind for kind, _ in waiting})
        for (kind, model), total in waiting.items():
            more = store.lifetime_of(kinds[kind], total.events, total.first_ms, total.last_ms)
            found[model] = together([found[model], more]) if model in found else more
        return found

    def _until_midnight(self, wanted: Range) -> tuple[Range, int]:
        """Nothing comes after the present quarter: a range that reaches it has all of today. And today."""
        now = milliseconds(self._clock.now())
        return replace(wanted, end=end_of(wanted, now)), now // DAY_MS

    @staticmethod
    def _mark(connection: Connection, wanted: Range, today: int) -> int:
        """How often the past days of a range changed."""
        return day_marks.changes(
            connection, wanted.days.start, max(min(wanted.days.stop, today), wanted.days.start + 1)
        )

    def _past(self, connection: Connection, scope: Scope, subject: int, wanted: Range, today: int) -> Tally:
        past = replace(wanted, end=min(wanted.end, today * QUARTERS))
        if past.first >= past.end:
            return Tally()
        mark = self._mark(connection, wanted, today)
        found = self._cache.get((scope, subject, past), mark)
        if found is None:
            found = self._read(connection, scope, subject, past)
            self._cache.keep((scope, subject, past), mark, found)
        return found

    def _recent(self, connection: Connection, scope: Scope, subject: int, wanted: Range, today: int) -> Tally:
        recent = replace(wanted, first=max(wanted.first, today * QUARTERS))
        return self._read(connection, scope, subject, recent) if recent.first < recent.end else Tally()

    def _remembered(
        self, connection: Connection, scope: Scope, subjects: Collection[int], past: range, mark: int
    ) -> dict[int, Tally]:
        kept = {one: self._summaries.get((scope, one, past.start, past.stop), mark) for one in subjects}
        missing = [one for one, tally in kept.items() if tally is None]
        parts = _by_subject(sheet_batches.read_days(connection, scope, missing, past)) if missing else {}
        for one in missing:
            tally = kept[one] = _daily(parts.get(one, ()))
            self._summaries.keep((scope, one, past.start, past.stop), mark, tally)
        return {one: tally or Tally() for one, tally in kept.items()}

    def _today(self, connection: Connection, scope: Scope, subjects: Collection[int], today: int) -> dict[int, Tally]:
        """Unpacked once as long as it lies there unchanged."""
        days, found = range(today, today + 1), {}
        parts = _by_subject(sheet_batches.read_days(connection, scope, subjects, days))
        for one in subjects:
            mine = tuple(parts.get(one, ()))
            tally = self._summaries.get((scope, one), mine)
            if tally is None:
                tally = _daily(mine)
                self._summaries.keep((scope, one), mine, tally)
            found[one] = tally
        return found

    def _range(
        self, connection: Connection, scope: Scope, subjects: Collection[int], first: int, end: int
    ) -> dict[int, Counts]:
        if not subjects or first >= end:
            return {}
        return sheet_batches.read_range(connection, scope, subjects, first, end, self._opened)

    def _read(self, connection: Connection, scope: Scope, subject: int, wanted: Range) -> Tally:
        ends, days = (wanted.first, wanted.end), wanted.days
        found = Tally(self._range(connection, scope, [subject], *ends)[subject])
        for day, rows in sheet_store.read_rows(connection, scope, subject, days.start, days.stop):
            found.add_rows(wanted, day, rows)
        loose = sheet_batches.read_loose(connection, scope, [subject], *ends)
        for day, rows in rows_of(each for one in loose for each in self._opened.quarters(one).items()).items():
            found.add_rows(wanted, day, rows)
        return found


def _by_subject(parts: Iterable[Packed]) -> dict[int, list[Packed]]:
    found: dict[int, list[Packed]] = {}
    for part in sorted(parts):
        found.setdefault(part.subject, []).append(part)
    return found


def _daily(parts: Iterable[Packed]) -> Tally:
    tally, counts = Tally(), []
    for part in parts:
        counts.append(part.counts())
        tally.daily[part.day] = tally.daily.get(part.day, 0) + counts[-1].of(_USES)
    tally.counts = summed(counts)
    return tally


def _add_live(found: Tally, bags: Mapping[int, Bag], wanted: Range) -> None:
    within = [(period, of_bag(bag)) for period, bag in bags.items() if wanted.first <= period < wanted.end]
    found.counts = summed([found.counts, *(counts for _, counts in within)])
    for day, rows in rows_of(within).items():
        found.add_rows(wanted, day, rows)
