"""All SQL of the identity room."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from steelyard.db.upsert import insert_new
from steelyard.identity.principal import Principal, PrincipalKind
from steelyard.identity.tables import principals


def find_or_add(connection: Connection, kind: PrincipalKind, subject: str, name: str, now: datetime) -> Principal:
    """The row of this principal, made if need be."""
    row = {"kind": kind.value, "subject": subject, "name": name, "first_seen_at": now}
    insert_new(connection, principals, [row], ["kind", "subject"])
    matches = (principals.c.kind == kind.value, principals.c.subject == subject)
    found = connection.execute(select(principals).where(*matches)).one()
    return Principal(found.id, PrincipalKind(found.kind), found.subject, found.name)


def count(connection: Connection) -> int:
    """How many principals have ever asked for anything."""
    return connection.execute(select(func.count()).select_from(principals)).scalar_one()


def names(connection: Connection, ids: set[int]) -> dict[int, str]:
    """The names of some principals."""
    rows = connection.execute(select(principals.c.id, principals.c.name).where(principals.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def named(connection: Connection, name: str) -> frozenset[int]:
    """The principals that people see by this name; one person may be several, known in several ways."""
    return frozenset(connection.execute(select(principals.c.id).where(principals.c.name == name)).scalars())
