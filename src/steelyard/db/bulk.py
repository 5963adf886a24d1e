"""Many rows of one table at once, past SQLAlchemy's way of making each of them a mapping first.

Measured with the 23 columns of an event, 2,000 rows: SQLite 11 ms instead of 25, PostgreSQL 23 ms instead of 160.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, Dialect, Engine, Float, LargeBinary, String, Table
from sqlalchemy.exc import DBAPIError

Change = Callable[[Any], Any]
Row = tuple[Any, ...]


class _Plan(NamedTuple):
    """How rows of a table go in: the statement, and the columns whose values it takes in another form."""

    statement: str
    changes: tuple[tuple[int, Change], ...]


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, each a tuple with a value for every column in the order of the table. ``rows`` may be none."""
    _run(connection, table, rows, "")


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """The same, in place of rows that have their primary keys already. No key may come twice."""
    _run(connection, table, rows, _instead(table))


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows into a table of PostgreSQL, given as columns that are all as long; those left out are NULL."""
    _unnest(connection, _arrays(table, tuple(columns), ""), columns.values())


def _run(connection: Connection, table: Table, rows: Sequence[Row], ending: str) -> None:
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _unnest(connection, _arrays(table, tuple(table.columns.keys()), ending), zip(*rows, strict=True))
    else:
        plan = _rows(table, ending)
        _execute(connection, plan.statement, [_changed(row, plan.changes) for row in rows])


def _unnest(connection: Connection, plan: _Plan, given: Iterable[Sequence[Any]]) -> None:
    columns = [list(column) for column in given]
    for place, change in plan.changes:
        columns[place] = [None if value is None else change(value) for value in columns[place]]
    connection.exec_driver_sql(plan.statement, tuple(columns))


def append(engine: Engine, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows into a SQLite table as a transaction of their own, with nothing of SQLAlchemy but its errors.

    Measured for one row: 35 us instead of 75.
    """
    plan = _rows(table, "")
    given = [_changed(row, plan.changes) for row in rows]
    with closing(engine.raw_connection()) as borrowed:
        driver: Any = borrowed.driver_connection
        with _translated(engine.dialect, plan.statement):
            driver.execute("BEGIN IMMEDIATE")
            try:
                driver.executemany(plan.statement, given)
                driver.execute("COMMIT")
            except BaseException:
                driver.rollback()
                raise


def _execute(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """As ``exec_driver_sql`` does, whose preparations took twice as long as the insert of one row."""
    driver: Any = connection.connection.driver_connection
    with _translated(connection.dialect, statement):
        driver.executemany(statement, rows)


@contextmanager
def _translated(dialect: Dialect, statement: str) -> Iterator[None]:
    errors = dialect.loaded_dbapi.Error
    try:
        yield
    except errors as error:
        raise DBAPIError.instance(statement, None, error, errors, dialect=dialect) from error


def _changed(row: Row, changes: tuple[tuple[int, Change], ...]) -> Row:
    for place, change in changes:
        if row[place] is not None:
            row = (*row[:place], change(row[place]), *row[place + 1 :])
    return row


@lru_cache(maxsize=16)
def _rows(table: Table, ending: str) -> _Plan:
    names = ", ".join(column.name for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks}){ending}"  # noqa: S608 - our own names
    return _Plan(statement, _changes(table.columns, JSON))


@lru_cache(maxsize=64)
def _arrays(table: Table, which: tuple[str, ...], ending: str) -> _Plan:
    """One array for each column: a single statement, whatever the number of rows, and every error is one of it."""
    columns = [table.columns[name] for name in which]
    names = ", ".join(which)
    arrays = ", ".join(f"%s::{_array_type(column.type)}[]" for column in columns)
    shown = ", ".join(f"{column.name}::json" if _is(column, JSON) else column.name for column in columns)
    statement = f"INSERT INTO {table.name} ({names}) SELECT {shown} FROM unnest({arrays}) AS given ({names}){ending}"  # noqa: S608
    return _Plan(statement, _changes(columns, JSON, Float))


@lru_cache(maxsize=16)
def _instead(table: Table) -> str:
    keys = ", ".join(column.name for column in table.primary_key)
    others = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.columns if not column.primary_key)
    return f" ON CONFLICT ({keys}) DO UPDATE SET {others}"


def _array_type(kind: Any) -> str:
    """Texts are never cast to their length: that would cut them off without a word."""
    if isinstance(kind, LargeBinary):
        return "bytea"
    return "text" if isinstance(kind, JSON | String) else str(kind.compile())


def _changes(columns: Iterable[Any], *kinds: type[Any]) -> tuple[tuple[int, Change], ...]:
    """psycopg refuses an array in which whole numbers stand among fractions."""
    ways: dict[type[Any], Change] = {JSON: json.dumps, Float: float}
    return tuple((place, ways[kind]) for place, column in enumerate(columns) for kind in kinds if _is(column, kind))


def _is(column: Any, kind: type[Any]) -> bool:
    return isinstance(column.type, kind)
