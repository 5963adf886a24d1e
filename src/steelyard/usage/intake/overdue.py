"""All SQL of starts whose end did not come in time, and of those whose end came after that."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, delete, select, tuple_, update

from steelyard.db import sparse
from steelyard.usage import hot as waiting_events
from steelyard.usage import sheet_store
from steelyard.usage.counting import Counted, count
from steelyard.usage.events import EventType
from steelyard.usage.intake.store import stored
from steelyard.usage.intake.tables import reported, unfinished
from steelyard.usage.keys import DAY_MS, EventKeys, at_ms_of, quarter_of
from steelyard.usage.rows import Row
from steelyard.usage.sheet_changes import Changes, changed_sheets
from steelyard.usage.sheet_store import keyed
from steelyard.usage.spelling import Spelling
from steelyard.usage.tables import events, hot
from steelyard.usage.words import Dictionary, Word, WordKind

SLICE = 500
ERROR = "unfinished"  # the error code of what nobody told the end of
_WORDS: tuple[Word, Word] = ((int(WordKind.TYPE), EventType.GENERATION_FAILED.value), (int(WordKind.ERROR), ERROR))


class Start(NamedTuple):
    """A start that waits, or waited."""

    reporter: int
    hash: int
    start: int
    failure: int | None


class Mistaken(NamedTuple):
    """Failures that were none, and what goes with them."""

    starts: list[Start]
    counted: Counted
    changes: Changes


_COLUMNS = (unfinished.c.reporter, unfinished.c.hash, unfinished.c.start, unfinished.c.failure)
_THIS = tuple_(unfinished.c.reporter, unfinished.c.hash)
_WAITS = (unfinished.c.failure.is_(None), ~unfinished.c.ended)


def due(connection: Connection, now_ms: int) -> list[Start]:
    """Some of those that have waited too long."""
    late = select(*_COLUMNS).where(*_WAITS, unfinished.c.due_ms <= now_ms)
    found = connection.execute(late.order_by(unfinished.c.due_ms).limit(SLICE))
    return list(map(Start._make, found))


def fail(
    connection: Connection, starts: Sequence[Start], dictionary: Dictionary, keys: EventKeys, kept_ms: int
) -> dict[Word, int]:
    """Count as failed those that still wait; returns words for ``Dictionary.keep``.

    They are remembered until ``kept_ms`` after they began. Raises IntegrityError, as writing does.
    """
    known = dictionary.learn(connection, _WORDS)
    rows = {row.id: row for row in stored(connection, [each.start for each in starts])}
    failed: list[Row] = []
    for each in _still_waiting(connection, starts):
        if each.start not in rows:  # its event is not kept any more
            forget(connection, [each])
            continue
        key = keys.key(at_ms_of(each.start))
        failed.append(_failure(rows[each.start], key, known))
        this = (unfinished.c.reporter == each.reporter, unfinished.c.hash == each.hash)
        remembered = {"failure": key, "due_ms": at_ms_of(each.start) + kept_ms}
        connection.execute(update(unfinished).where(*this).values(**remembered))
    sparse.insert(connection, hot, failed)
    return known


def _failure(start: Row, key: int, known: dict[Word, int]) -> Row:
    return start._replace(id=key, type=known[_WORDS[0]], success=False, error_code=known[_WORDS[1]])


def _still_waiting(connection: Connection, starts: Sequence[Start]) -> list[Start]:
    these = select(*_COLUMNS).where(_among(starts), *_WAITS)
    return list(map(Start._make, connection.execute(_locked(these))))


def _locked(these: Select[Any]) -> Select[Any]:
    """In the order in which the intake locks them: neither waits for the other."""
    return these.order_by(unfinished.c.reporter, unfinished.c.hash).with_for_update()


def _among(starts: Collection[Start]) -> ColumnElement[bool]:
    return _THIS.in_([each[:2] for each in starts])


def mistaken(connection: Connection, spelling: Spelling) -> Mistaken | None:
    """Some failures whose end came after all, and what taking them out changes; None when there is none."""
    late = (unfinished.c.due_ms == 0, unfinished.c.ended, unfinished.c.failure.is_not(None))
    these = select(*_COLUMNS).where(*late).limit(SLICE)
    starts = list(map(Start._make, connection.execute(these)))
    if not starts:
        return None
    keys = [each.failure for each in starts if each.failure is not None]
    rows = waiting_events.rows_of(connection, select(events).where(keyed(connection, events.c.id, keys)))
    spelled, _ = spelling.read(connection, rows)
    counted = count(rows, spelled, -1)
    return Mistaken(starts, counted, changed_sheets(connection, counted))


def take_out(connection: Connection, found: Mistaken, ended_ms: int) -> set[int]:
    """Let failures that were none never have been; the days of which counts have changed. Needs the turn.

    That they ended is remembered until ``ended_ms`` since 1970.
    """
    keys = [each.failure for each in found.starts if each.failure is not None]
    for table in (hot, events):
        connection.execute(delete(table).where(keyed(connection, table.c.id, keys)))
    sheet_store.write(connection, found.changes)
    if found.counted.totals:
        waiting_events.count_totals(connection, found.counted.totals)
    connection.execute(_locked(select(unfinished.c.hash).where(_among(found.starts))))
    connection.execute(update(unfinished).where(_among(found.starts)).values(failure=None, due_ms=ended_ms))
    return {quarter_of(at_ms_of(key))[0] for key in keys}


def forget(connection: Connection, starts: Collection[Start]) -> None:
    """Remember these no more."""
    if starts:
        connection.execute(delete(unfinished).where(_among(starts)))


def forget_some(connection: Connection, now_ms: int) -> int:
    """Let go some requests that have ended or failed long ago; returns how many, 0 when all are gone."""
    settled = unfinished.c.ended != unfinished.c.failure.is_not(None)
    these = select(*_COLUMNS).where(settled, unfinished.c.due_ms <= now_ms).order_by(unfinished.c.due_ms).limit(SLICE)
    over = list(map(Start._make, connection.execute(these.with_for_update(skip_locked=True))))
    forget(connection, over)
    return len(over)


def forget_old(connection: Connection, before_ms: int) -> int:
    """Let go some of what was remembered of events before this time; returns how many, 0 when all are gone."""
    old = select(reported).where(reported.c.day < before_ms // DAY_MS).limit(SLICE)
    gone = [tuple(row) for row in connection.execute(old)]
    if gone:
        which = tuple_(reported.c.day, reported.c.reporter, reported.c.hash)
        connection.execute(delete(reported).where(which.in_(gone)))
    return len(gone)
