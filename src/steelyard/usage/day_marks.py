"""Marks of days: how often the counts of each UTC day changed, so that whoever remembers what was read from them
can tell whether it is still true."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from steelyard.usage.tables import state


def mark(connection: Connection, days: Iterable[int]) -> None:
    """Count one more change of each of these days, in the transaction that makes it."""
    rows = [{"name": _name(day), "value": 1} for day in sorted(days)]
    if rows:
        insert = postgresql.insert(state) if connection.dialect.name == "postgresql" else sqlite.insert(state)
        once_more = {"value": state.c.value + 1}
        connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_=once_more), rows)


def changes(connection: Connection, first_day: int, end_day: int) -> int:
    """How often anything changed in these days, the end not included: a number that only grows."""
    these = state.c.name.between(_name(first_day), _name(end_day - 1))
    return int(connection.execute(select(func.coalesce(func.sum(state.c.value), 0)).where(these)).scalar_one())


def _name(day: int) -> str:
    return f"day {day:07d}"
