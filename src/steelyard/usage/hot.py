"""All SQL of events that are in no sheet yet, and of moving them to the log."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Select, bindparam, delete, func, select, update

from steelyard.db.upsert import insert_or_add
from steelyard.usage.counting import Total
from steelyard.usage.keys import EventKeys, at_ms_of
from steelyard.usage.rows import Row
from steelyard.usage.sheet_store import TurnTaken, keyed
from steelyard.usage.tables import events, hot, totals

_ALL = select(func.count()).select_from(hot)
_SOME = select(func.count()).select_from(select(hot.c.id).limit(bindparam("most")).subquery())


def oldest(connection: Connection, limit: int) -> list[Row]:
    """The oldest events that wait; by the order of time few sheets are touched at once."""
    return rows_of(connection, select(hot).order_by(hot.c.id).limit(limit))


def first_key(connection: Connection) -> int | None:
    """The key of the oldest event that waits."""
    found: int | None = connection.execute(select(func.min(hot.c.id))).scalar_one()
    return found


def without_parameters(connection: Connection, key: int) -> None:
    """Let an event that waits have no parameters."""
    connection.execute(update(hot).where(hot.c.id == key).values(parameter_word=None, parameters=None))


def waiting(connection: Connection, most: int | None = None) -> int:
    """How many events wait; looks at no more than ``most`` of them."""
    found = connection.execute(_ALL) if most is None else connection.execute(_SOME, {"most": most})
    return int(found.scalar_one())


def rows_of(connection: Connection, statement: Select[*tuple[object, ...]]) -> list[Row]:
    """The answer to a statement that selects all columns of a table of events."""
    return list(map(Row._make, connection.execute(statement)))


def taken(connection: Connection, keys: Sequence[int]) -> list[int]:
    """Those of these keys, in their order, that an event in the log has: keys of two processes may meet."""
    newest = connection.execute(select(func.max(events.c.id))).scalar_one()
    if newest is None or newest < keys[0]:
        return []
    return list(connection.execute(select(events.c.id).where(keyed(connection, events.c.id, keys))).scalars())


def give_new_keys(connection: Connection, keys: Sequence[int]) -> None:
    """Other keys of the same time for events that wait. A number that is taken as well is found by the next fold."""
    new = EventKeys()
    for key in keys:
        connection.execute(update(hot).where(hot.c.id == key).values(id=new.key(at_ms_of(key))))


def move(connection: Connection, keys: Sequence[int]) -> None:
    """Move these events, in their order, to the log. Raises TurnTaken when one of them is not there any more."""
    # 5 ms for 5,000, instead of 10 when each is named; but newcomers of the same moments must stay.
    within = hot.c.id.between(keys[0], keys[-1])
    others = connection.execute(select(func.count()).select_from(hot).where(within)).scalar_one() - len(keys)
    these = keyed(connection, hot.c.id, keys) if others else within
    connection.execute(events.insert().from_select(list(events.c), select(hot).where(these)))
    if connection.execute(delete(hot).where(these)).rowcount != len(keys):
        raise TurnTaken


def count_totals(connection: Connection, counted: Mapping[tuple[int, int], Total]) -> None:
    """Add to the lifetime totals, in sorted order: two processes that did it otherwise could wait for each other."""
    rows = [
        {"type": kind, "model": model, "events": total.events, "first_ms": total.first_ms, "last_ms": total.last_ms}
        for (kind, model), total in sorted(counted.items())
    ]
    insert_or_add(connection, totals, rows, keys=["type", "model"], add="events", earliest="first_ms", latest="last_ms")
