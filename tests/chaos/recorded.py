"""What the usage log of a depot holds, seen from outside."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, select, text, union_all

from steelyard.db import postgres, sqlite
from steelyard.settings import load
from steelyard.usage.events import EventType
from steelyard.usage.tables import events, hot, words


@contextmanager
def usage_log(home: Path) -> Iterator[Connection]:
    """A connection that reads."""
    with _connection(home, writes=False) as connection:
        yield connection


@contextmanager
def held_up(home: Path) -> Iterator[None]:
    """Nobody else can write an event meanwhile, and everybody can read."""
    with _connection(home, writes=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
            connection.execute(text("LOCK TABLE usage_hot IN EXCLUSIVE MODE"))
        else:
            connection.execute(select(hot.c.id).limit(1))  # BEGIN IMMEDIATE came before it
        yield
        connection.rollback()


def found(connection: Connection) -> Counter[str]:
    """How many events each program of ``Traffic`` has; a pull is one more, told by several of a mirror's requests."""
    both = union_all(*(select(table.c.agent, table.c.type) for table in (hot, events))).subquery()
    types = words.alias()
    asked = (
        select(words.c.text)
        .select_from(both)
        .join(words, words.c.id == both.c.agent)
        .join(types, types.c.id == both.c.type)
        .where(types.c.text != EventType.MODEL_DOWNLOAD, words.c.text.like("traffic/%"))
    )
    return Counter(connection.execute(asked).scalars())


@contextmanager
def _connection(home: Path, *, writes: bool) -> Iterator[Connection]:
    engine = _engine(home, writes=writes)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _engine(home: Path, *, writes: bool) -> Engine:
    settings = load({}, {"home": home}).settings
    if settings.database_url is None:
        path = settings.usage_path
        return sqlite.writer_engine(path, "NORMAL") if writes else sqlite.reader_engine(path)
    address = postgres.parse_address(settings.database_url.get_secret_value())
    return postgres.writer_engine(address, "READ COMMITTED") if writes else postgres.reader_engine(address)
