"""How events get into the log: all SQL of the recorder. The fold takes them from there."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, union_all

from steelyard.db import bulk
from steelyard.db.among import among
from steelyard.usage.events import Event
from steelyard.usage.keys import EventKeys, at_ms_of
from steelyard.usage.rows import Row, row_of, words_of
from steelyard.usage.tables import events, hot, state
from steelyard.usage.words import Dictionary, Word

_TURN = select(state.c.value).where(state.c.name == "fold_turn").with_for_update(read=True)


class Kept(NamedTuple):
    """An event with its key."""

    key: int
    event: Event


class NewWord(LookupError):
    """A batch has a word that the dictionary does not remember: it must be learned in a transaction."""


def rows_of(batch: Sequence[Kept], dictionary: Dictionary) -> list[Row]:
    """The rows of a batch. Raises NewWord."""
    known = dictionary.known
    try:
        return [row_of(key, event, known) for key, event in batch]
    except KeyError as error:
        raise NewWord from error


def add(connection: Connection, batch: Sequence[Kept], dictionary: Dictionary) -> dict[Word, int]:
    """Append a batch, in the caller's transaction; returns the words it knows, for ``Dictionary.keep``.

    Raises IntegrityError when one of the keys is taken.
    """
    known = dictionary.learn(connection, (word for kept in batch for word in words_of(kept.event)))
    bulk.insert(connection, hot, [row_of(kept.key, kept.event, known) for kept in batch])
    return known


def add_missing(
    connection: Connection, batch: Sequence[Kept], dictionary: Dictionary, keys: EventKeys
) -> dict[Word, int]:
    """Append those of a batch that are not there yet: for batches of which nobody knows whether they were written.

    A key under which another event lies gives way to a new one. No fold can move an event between the look and the
    insert: the row of its turn is locked (SQLite has one writer).
    """
    connection.execute(_TURN)
    known = dictionary.learn(connection, (word for kept in batch for word in words_of(kept.event)))
    rows = [row_of(kept.key, kept.event, known) for kept in batch]
    there = _there(connection, [row.id for row in rows])
    taken = [
        row._replace(id=keys.key(at_ms_of(row.id))) for row in rows if there.get(row.id, _telling(row)) != _telling(row)
    ]
    bulk.insert(connection, hot, [row for row in rows if row.id not in there] + taken)
    return known


def _there(connection: Connection, keys: list[int]) -> dict[int, tuple[Any, ...]]:
    """What tells the events of these keys from others, of those that are in the log, folded or not.

    One statement, so that both tables are seen at one moment.
    """
    found = [
        select(table.c.id, *_telling(table.c)).where(among(connection, table.c.id, keys)) for table in (hot, events)
    ]
    return {key: tuple(rest) for key, *rest in connection.execute(union_all(*found))}


def _telling(columns: Any) -> tuple[Any, ...]:
    """Of a row or of a table; nothing that is emptied when somebody is forgotten."""
    return columns.type, columns.model, columns.principal, columns.duration_us, columns.tokens_out, columns.bytes_out
