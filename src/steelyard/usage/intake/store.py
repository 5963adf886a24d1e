"""All SQL of the intake but that of time-outs: events counted once, written, and brought together with their starts."""

import json
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, select

from steelyard.db import sparse
from steelyard.usage.hot import rows_of
from steelyard.usage.intake.checking import Line
from steelyard.usage.intake.pairing import Pairs, completed
from steelyard.usage.intake.portions import Numbers, Portion, hash_of, rows_of_lines
from steelyard.usage.keys import EventKeys
from steelyard.usage.rows import Row
from steelyard.usage.sheet_store import keyed
from steelyard.usage.tables import events, hot
from steelyard.usage.words import Dictionary

# One statement tells which are new and keeps them; sorted, so that two processes cannot wait for each other.
_NEW = {
    "sqlite": "INSERT INTO usage_reported (day, reporter, hash) SELECT ?, ?, value FROM json_each(?) WHERE true "
    "ON CONFLICT DO NOTHING RETURNING hash",
    "postgresql": "INSERT INTO usage_reported (day, reporter, hash) SELECT %s::integer, %s::bigint, value "
    "FROM unnest(%s::bigint[]) AS given (value) ON CONFLICT DO NOTHING RETURNING hash",
}
# One statement for starts and ends, in the same order in every process; returned are new starts and first ends.
_REMEMBER = {
    dialect: f"INSERT INTO usage_unfinished (reporter, hash, start, due_ms, ended) SELECT {given} "
    "ON CONFLICT (reporter, hash) DO UPDATE SET ended = true, "
    "due_ms = CASE WHEN usage_unfinished.failure IS NULL THEN excluded.due_ms ELSE 0 END "
    "WHERE excluded.ended AND NOT usage_unfinished.ended RETURNING hash, start, ended"
    for dialect, given in {
        "sqlite": "?, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE true",
        "postgresql": "%s::bigint, given.* "
        "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[]) AS given",
    }.items()
}
_by_key = itemgetter(0)


class Written(NamedTuple):
    """What became of a slice of a batch; ``known`` is for ``Dictionary.keep``."""

    events: int
    known: Numbers


class Terms(NamedTuple):
    """Until when starts wait, and until when it is known that a request has ended; milliseconds since 1970."""

    due_ms: int
    ended_ms: int


def write(
    connection: Connection, portion: Portion, reporter: int, dictionary: Dictionary, keys: EventKeys, terms: Terms
) -> Written:
    """Write those lines that did not come before, in the caller's transaction.

    Raises IntegrityError when another writer took one of the keys: then to be done once more.
    """
    fresh = only_new(connection, portion, reporter)
    known = dictionary.learn(connection, portion.words)
    rows = portion.rows or rows_of_lines(portion.lines, known, keys)
    lines = portion.lines if fresh is None else [portion.lines[place] for place in fresh]
    rows = rows if fresh is None else [rows[place] for place in fresh]
    counted = pair(connection, lines, rows, reporter, terms)
    sparse.insert(connection, hot, sorted(counted, key=_by_key))
    return Written(len(counted), known)


def only_new(connection: Connection, portion: Portion, reporter: int) -> list[int] | None:
    """The places of the lines that did not come before, each once; None when all are new."""
    fresh, is_whole = list(portion.unnamed), portion.is_distinct
    for day, by_hash in sorted(portion.named.items()):
        new = _new(connection, day, reporter, sorted(by_hash))
        is_whole = is_whole and len(new) == len(by_hash)
        fresh += [place for each, place in by_hash.items() if each in new]
    return None if is_whole else sorted(fresh)


def _new(connection: Connection, day: int, reporter: int, hashes: list[int]) -> set[int]:
    is_sqlite = connection.dialect.name == "sqlite"
    given = json.dumps(hashes) if is_sqlite else hashes
    return set(connection.exec_driver_sql(_NEW[connection.dialect.name], (day, reporter, given)).scalars())


def pair(connection: Connection, lines: Sequence[Line], rows: Sequence[Row], reporter: int, terms: Terms) -> list[Row]:
    """Let starts wait, and complete ends by their starts; the rows as they are to be written, without ends of what has
    ended before."""
    pairs = Pairs.of(lines, rows)
    if not (pairs.starts or pairs.ends):
        return list(rows)
    begun = _remember(connection, reporter, pairs, terms)
    own = {row.id: row for row in rows}
    others = {start for start in begun.values() if start is not None} - own.keys()
    starts = {row.id: row for row in stored(connection, others)} | own
    ends = {pairs.ends[request]: None if start is None else starts.get(start) for request, start in begun.items()}
    return completed(lines, rows, ends)


def _remember(connection: Connection, reporter: int, pairs: Pairs, terms: Terms) -> dict[str, int | None]:
    """Those requests that end now and did not before, with the key of their start if it is known."""
    hashes = {hash_of(request): request for request in pairs.starts.keys() | pairs.ends.keys()}
    rows = [
        (
            each,
            pairs.starts.get(request),
            terms.ended_ms if request in pairs.ends else terms.due_ms,
            request in pairs.ends,
        )
        for each, request in sorted(hashes.items())
    ]
    is_sqlite = connection.dialect.name == "sqlite"
    given = [json.dumps(rows)] if is_sqlite else [list(column) for column in zip(*rows, strict=True)]
    found = connection.exec_driver_sql(_REMEMBER[connection.dialect.name], (reporter, *given))
    return {hashes[each]: start for each, start, ended in found if ended}


def stored(connection: Connection, keys: Collection[int]) -> list[Row]:
    """The events of these keys, counted or not."""
    both = [select(table).where(keyed(connection, table.c.id, keys)) for table in (hot, events)]
    return [row for statement in both for row in rows_of(connection, statement)] if keys else []
