"""Marks of days: how often the counts of each UTC day changed, so that whoever remembers what was read from them
can tell whether it is still true."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from steelyard.usage.tables import state

# For whoever asks for more at once; ``within`` gives its parameters.
CHANGES = select(func.coalesce(func.sum(state.c.value), 0)).where(
    state.c.name.between(bindparam("first_day"), bindparam("last_day"))
)


def mark(connection: Connection, days: Iterable[int]) -> None:
    """Count one more change of each of these days, in the transaction that makes it."""
    once_more(connection, [_name(day) for day in sorted(days)])


def once_more(connection: Connection, names: Iterable[str]) -> None:
    """Add one to each of these numbers of ``usage_state``, which begin with one."""
    rows = [{"name": name, "value": 1} for name in names]
    if rows:
        connection.execute(_adding(connection.dialect.name), rows)


def changes(connection: Connection, first_day: int, end_day: int) -> int:
    """How often anything changed in these days, the end not included: a number that only grows."""
    return int(connection.execute(CHANGES, within(first_day, end_day)).scalar_one())


def within(first_day: int, end_day: int) -> dict[str, str]:
    """The parameters of ``CHANGES`` for these days, the end not included."""
    return {"first_day": _name(first_day), "last_day": _name(end_day - 1)}


@cache  # making it takes longer than running it
def _adding(dialect: str) -> Any:
    insert = postgresql.insert(state) if dialect == "postgresql" else sqlite.insert(state)
    return insert.on_conflict_do_update(index_elements=["name"], set_={"value": state.c.value + 1})


def _name(day: int) -> str:
    return f"day {day:07d}"
