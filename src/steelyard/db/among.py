"""``column IN (many values)`` as each database likes it best."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, any_, bindparam, func, select

MANY = 500  # values that SQLite looks up quicker from JSON than as parameters, of which older ones take 32,766


def among(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of these, however many they are.

    PostgreSQL gets them as one array: a hundred parameters took its driver 1 ms a statement. SQLite has no arrays, and
    its planner does better with a plain list than with one unpacked from JSON, as long as that is short.
    """
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))
    if len(values) <= MANY or not all(isinstance(value, int | str) for value in values):
        return column.in_(values)
    each = func.json_each(bindparam(None, json.dumps(list(values)))).table_valued("value")
    return column.in_(select(each.c.value))


def numbers_within(column: ColumnElement[Any]) -> dict[str, ColumnElement[bool]]:
    """By dialect, whether a column holds one of the ``numbered`` ones. For statements that are made once: to make one
    with two hundred parameters took longer than to run it."""
    each = func.json_each(bindparam("numbers")).table_valued("value")
    return {
        "sqlite": column.in_(select(each.c.value)),
        "postgresql": column == any_(bindparam("numbers", type_=ARRAY(BigInteger))),
    }


def numbered(connection: Connection, numbers: Collection[int]) -> dict[str, Any]:
    """The parameter of ``numbers_within``."""
    return {"numbers": json.dumps(list(numbers)) if connection.dialect.name == "sqlite" else list(numbers)}
