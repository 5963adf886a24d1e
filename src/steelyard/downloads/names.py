"""The names that requests are searched by, each kept once, without its case.

There are ten times fewer names than requests: at 100,000 requests of 10,000 models a search over the requests
themselves took 40 ms on SQLite and 66 ms on PostgreSQL, over the names 2 ms and 5 ms.
"""

from sqlalchemy import Connection, Select, select

from steelyard.db.upsert import insert_new
from steelyard.downloads.tables import names


def number(connection: Connection, name: str) -> int:
    """The key of a name, made if need be."""
    text = name.casefold()
    insert_new(connection, names, [{"text": text}], ["text"])
    found: int = connection.execute(select(names.c.id).where(names.c.text == text)).scalar_one()
    return found


def mentioning(text: str) -> Select[int]:
    """The keys of the names with this text in them, whatever its case."""
    return select(names.c.id).where(names.c.text.contains(text.casefold(), autoescape=True))
