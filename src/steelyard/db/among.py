"""``column IN (many values)`` as each database likes it best."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, any_, bindparam


def among(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of these.

    PostgreSQL gets them as one array: a hundred parameters took its driver 1 ms a statement. SQLite has no arrays, and
    its planner does better with a plain list than with one unpacked from JSON.
    """
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))
    return column.in_(values)
