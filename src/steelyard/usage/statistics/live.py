"""What came in since the last fold, counted as the fold will count it."""

import threading
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, select

from steelyard.usage import hot, sheet_store
from steelyard.usage.counting import Counted, Total, count
from steelyard.usage.sheets import Bag, Scope
from steelyard.usage.spelling import Spelling
from steelyard.usage.tables import hot as table

MOST = 12_000  # a full batch of reported events, and what comes beside it; counting them takes some 0.2 s
_NEVER = -1
_WAITING = select(table.c.id).limit(MOST)


class Live:
    """Counts hot rows, each once however often somebody looks. Threads may share it.

    After an upgrade or an outage there may be millions; nobody is to wait until they are counted here. While more than
    ``MOST`` wait nothing of them is, and what is told is what has been folded.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spelling = Spelling()
        self.behind = False  # so much waited at the last look that none of it was counted
        self._turn = _NEVER
        self._seen: set[int] = set()
        self._counted = Counted()
        self._places: dict[tuple[int, int], set[int]] = {}

    def bags(self, connection: Connection, scope: Scope, subjects: Iterable[int]) -> dict[int, dict[int, Bag]]:
        """By subject and quarter of an hour since 1970, what they did that is in no sheet of this snapshot yet.

        A parameter that was never seen before is not counted until it is folded.
        """
        with self._lock:
            self._catch_up(connection)
            return {subject: self._copies(scope, subject) for subject in subjects}

    def totals(self, connection: Connection) -> dict[tuple[int, int], Total]:
        """By type and model, what is not in the lifetime totals of this snapshot yet."""
        with self._lock:
            self._catch_up(connection)
            return {which: replace(total) for which, total in self._counted.totals.items()}

    def _copies(self, scope: Scope, subject: int) -> dict[int, Bag]:
        counted, periods = self._counted.bags, self._places.get((scope, subject), ())
        return {period: dict(counted[scope, subject, period]) for period in periods}

    def _catch_up(self, connection: Connection) -> None:
        """Count what is new. Rows leave with a turn only; a snapshot may be older than the one that was seen last."""
        turn = sheet_store.turn(connection)
        waiting = hot.waiting(connection, MOST + 1)
        self.behind = waiting > MOST
        if self.behind:
            self._start_over(_NEVER)
            return
        if turn == self._turn and waiting == len(self._seen):
            return  # within a turn rows only come
        there = set(connection.execute(_WAITING).scalars().all())  # one by one they take three times as long
        if turn != self._turn or not self._seen <= there:
            self._start_over(turn)
        new = there - self._seen
        if not new:
            return
        rows = hot.rows_of(connection, select(table).where(sheet_store.keyed(connection, table.c.id, new)))
        spelled, _ = self._spelling.read(connection, rows)
        count(rows, spelled, into=self._counted)
        self._seen |= new
        self._places = {}
        for scope, subject, period in self._counted.bags:
            self._places.setdefault((scope, subject), set()).add(period)

    def _start_over(self, turn: int) -> None:
        self._turn = turn
        self._seen, self._counted, self._places = set(), Counted(), {}
