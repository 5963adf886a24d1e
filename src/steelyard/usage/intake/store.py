"""All SQL of the intake but that of time-outs: events counted once, written, and brought together with their starts."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from steelyard.db import sparse
from steelyard.usage.hot import rows_of
from steelyard.usage.intake.pairing import Pairs, Told, completed
from steelyard.usage.intake.portions import Portion, hash_of
from steelyard.usage.rows import Row
from steelyard.usage.sheet_store import keyed
from steelyard.usage.tables import events, hot

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
# Nearly always all are new: not to name each of them takes half of the time. SQLite takes back a statement that fails.
_ALL_NEW = "INSERT INTO usage_reported (day, reporter, hash) SELECT ?, ?, value FROM json_each(?)"
_encode = msgspec.json.Encoder().encode
_by_key = itemgetter(0)


class Terms(NamedTuple):
    """Until when starts wait, and until when it is known that a request has ended; milliseconds since 1970."""

    due_ms: int
    ended_ms: int


def write(connection: Connection, portion: Portion, reporter: int, terms: Terms) -> int:
    """Write those lines that did not come before, in the caller's transaction; returns how many.

    Raises IntegrityError when another writer took one of the keys: then to be done once more, with others.
    """
    fresh = only_new(connection, portion, reporter)
    portion = portion if fresh is None else portion.only(fresh)
    if portion.told is not None:
        counted = pair(connection, portion.told, portion.rows(), reporter, terms)
        sparse.insert(connection, hot, sorted(counted, key=_by_key))
        return len(counted)
    if len(portion):
        sparse.insert_columns(connection, hot, portion.by_key().columns)
    return len(portion)


def only_new(connection: Connection, portion: Portion, reporter: int) -> list[int] | None:
    """The places of the lines that did not come before, each once; None when all are new."""
    new = {day: _new(connection, day, reporter, sorted(by_hash)) for day, by_hash in sorted(portion.named.items())}
    if portion.is_distinct and all(found is None for found in new.values()):
        return None
    fresh = [
        place
        for day, by_hash in portion.named.items()
        for each, place in by_hash.items()
        if (found := new[day]) is None or each in found
    ]
    return sorted([*portion.unnamed, *fresh])


def _new(connection: Connection, day: int, reporter: int, hashes: list[int]) -> set[int] | None:
    """Those of these ids that did not come before, from now on known; None when none of them did."""
    dialect = connection.dialect.name
    given = (day, reporter, _encode(hashes).decode() if dialect == "sqlite" else hashes)
    if dialect == "sqlite":
        with suppress(IntegrityError):
            connection.exec_driver_sql(_ALL_NEW, given)
            return None
    found = set(connection.exec_driver_sql(_NEW[dialect], given).scalars())
    return None if len(found) == len(hashes) else found


def pair(connection: Connection, told: Sequence[Told], rows: Sequence[Row], reporter: int, terms: Terms) -> list[Row]:
    """Let starts wait, and complete ends by their starts; the rows as they are to be written, without ends of what has
    ended before."""
    pairs = Pairs.of(told, rows)
    if not (pairs.starts or pairs.ends):
        return list(rows)
    begun = _remember(connection, reporter, pairs, terms)
    own = {row.id: row for row in rows}
    others = {start for start in begun.values() if start is not None} - own.keys()
    starts = {row.id: row for row in stored(connection, others)} | own
    ends = {pairs.ends[request]: None if start is None else starts.get(start) for request, start in begun.items()}
    return completed(told, rows, ends)


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
    given = [_encode(rows).decode()] if is_sqlite else [list(column) for column in zip(*rows, strict=True)]
    found = connection.exec_driver_sql(_REMEMBER[connection.dialect.name], (reporter, *given))
    return {hashes[each]: start for each, start, ended in found if ended}


def stored(connection: Connection, keys: Collection[int]) -> list[Row]:
    """The events of these keys, counted or not."""
    both = [select(table).where(keyed(connection, table.c.id, keys)) for table in (hot, events)]
    return [row for statement in both for row in rows_of(connection, statement)] if keys else []
