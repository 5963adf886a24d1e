"""PostgreSQL: several processes write at once, so transactions are serializable and are run again when they collide.

Only opening it imports psycopg: a depot on SQLite starts without.
"""

import logging
import os
import random
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Literal
from weakref import WeakSet

from pydantic_core import from_json
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from steelyard.db.database import Database, Manners
from steelyard.db.errors import DatabaseAway, DatabaseBusy, DatabaseRefused
from steelyard.db.lifeline import AGAIN_SECONDS, Lifeline
from steelyard.db.states import is_of_a_value, state_of

logger = logging.getLogger(__name__)
Isolation = Literal["SERIALIZABLE", "READ COMMITTED"]
_NAMES = frozenset({"postgresql", "postgres"})
OLDEST = 13  # the oldest major version that its makers mended when this was written
READERS = 4
WRITERS = 4
# A process that is frozen inside a transaction holds its row locks, and nobody could take over its jobs. Well below the
# lease of a job (6 s); our transactions take milliseconds.
_FROZEN_AFTER = "4s"
NO_FROZEN_LOCKS = f"SET idle_in_transaction_session_timeout = '{_FROZEN_AFTER}'"
_MANNERS = (
    "SET TIME ZONE 'UTC'",  # the driver takes twice as long to read a moment of another zone
    # What lists read lies in memory: by the default, made for turning disks, a hundred counts were looked up by reading
    # the whole table, in 4 ms instead of 1.
    # What somebody has set on purpose is left alone.
    """SELECT set_config('random_page_cost', '1.1', false) FROM pg_settings
       WHERE name = 'random_page_cost' AND source = 'default'""",
)
_CONNECT = {
    "connect_timeout": 3, "application_name": "steelyard",
    # A host that vanished answers nothing: found out after 10 s of silence, not after the two hours of the system.
    "keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000,
}  # fmt: skip
_COLLISIONS = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_TAKEN = "23505"  # unique violation: the other transaction's row is seen by the next try
_TOO_SLOW = "25P03"  # the server ended a transaction that idled too long: rolled back, so running it again is right
_MAX_TRIES = 12
_FEW_TRIES = 3  # a key that stays taken is our own mistake, a machine that stays so slow is nobody's to mend here
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.25


def open_postgres(url: str, *, isolation: Isolation, lifeline: Lifeline | None = None) -> Database:
    """Open a database by its address as people write it. Raises DatabaseRefused, DatabaseAway.

    Writes run at ``isolation``; reads see one snapshot and cannot write. Nobody waits while ``lifeline`` is cut.
    """
    address = parse_address(url)
    opened: WeakSet[Any] = WeakSet()
    try:
        reader, writer = reader_engine(address), writer_engine(address, isolation)
    except ImportError as error:
        raise DatabaseRefused(
            "PostgreSQL needs the psycopg package.", hint="pip install 'steelyard[postgres]'"
        ) from error
    for engine in (reader, writer):
        event.listen(engine, "connect", lambda connection, _record: opened.add(connection))
    _require_answer(writer, address)
    manners = Manners(
        "postgresql",
        readers=READERS,
        writers=WRITERS,
        patience=patience,
        explain=explain,
        sever=lambda: sever(opened),
    )
    return Database(reader, writer, manners, lambda: None, lifeline)


def parse_address(url: str) -> URL:
    """The address for SQLAlchemy and psycopg 3. Raises DatabaseRefused; no message repeats the password."""
    try:
        address = make_url(url)
    except ArgumentError:
        address = None
    # An @ in the host is one of the password that nobody escaped: its rest would be shown as the host's name.
    if address is None or address.get_backend_name() not in _NAMES or "@" in (address.host or ""):
        raise DatabaseRefused(
            "DATABASE_URL is no address of a PostgreSQL database.",
            hint="Write it like postgresql://user:password@host:5432/steelyard; a password's @ is written %40.",
        )
    return address.set(drivername="postgresql+psycopg")


def writer_engine(address: URL, isolation: Isolation) -> Engine:
    """Connections that write."""
    return _engine(address, WRITERS, isolation_level=isolation)


def reader_engine(address: URL) -> Engine:
    """Connections that see one snapshot for a whole transaction and cannot write."""
    engine = _engine(address, READERS, isolation_level="REPEATABLE READ")

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.read_only = True

    return engine


def patience_of(address: URL) -> dict[str, Any]:
    """How long a connection of ours waits for the server; what the address says itself is left alone."""
    return {name: value for name, value in _CONNECT.items() if name not in address.query}


def _engine(address: URL, size: int, **more: Any) -> Engine:
    engine = create_engine(
        address,
        connect_args=patience_of(address),
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=True,
        use_native_hstore=False,
        json_deserializer=from_json,
        **more,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.execute(NO_FROZEN_LOCKS)
        for manner in _MANNERS:
            connection.execute(manner)
        connection.commit()

    return engine


def patience(error: DBAPIError, tries: int) -> float | None:
    """Seconds until a collided or idle transaction is tried again, never the same for two; None to give up."""
    state = state_of(error)
    limit = _MAX_TRIES if state in _COLLISIONS else _FEW_TRIES if state in {_TAKEN, _TOO_SLOW} else 0
    if tries >= limit:
        return None
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**tries) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def explain(error: DBAPIError) -> Exception:
    """The error for people when the database is away or too busy; the driver's own one for anything else."""
    if state_of(error) in _COLLISIONS:
        return DatabaseBusy(
            "Others changed the same records at the same moment, again and again.",
            hint="Ask again in a moment.",
            retry_after=1.0,
        )
    is_of_line = isinstance(error, OperationalError) and not is_of_a_value(error)
    if not is_of_line and not error.connection_invalidated:
        return error
    logger.warning("the database does not answer", extra={"reason": reason_of(error)})
    return DatabaseAway(
        "The depot cannot reach its database just now; nothing was changed that was not confirmed.",
        hint="Ask again in a few seconds. If it lasts, see that PostgreSQL runs and that DATABASE_URL is right.",
        retry_after=AGAIN_SECONDS,
    )


def sever(connections: Iterable[Any]) -> None:
    """Let nobody wait at these connections of psycopg any more: their threads would keep the process from ending."""
    for connection in list(connections):
        with suppress(OSError, connection.OperationalError):  # closed already
            _end(os.dup(connection.fileno()))


def _end(descriptor: int) -> None:
    with socket.socket(fileno=descriptor) as line:
        line.shutdown(socket.SHUT_RDWR)


def version_of(engine: Engine) -> tuple[int, str]:
    """The server's major version, and its name for people. Raises SQLAlchemyError."""
    with engine.connect() as connection:
        text: str = connection.exec_driver_sql("SHOW server_version").scalar_one()
    return int(text.partition(".")[0]), f"PostgreSQL {text}"


def reason_of(error: DBAPIError) -> str:
    """The driver's words on one line; libpq repeats host and user in them, never the password."""
    return " ".join(str(error.orig).split())[:300]


def _require_answer(engine: Engine, address: URL) -> None:
    try:
        with engine.connect():
            pass
    except DBAPIError as error:
        raise _at_start(error, address) from error


def _at_start(error: DBAPIError, address: URL) -> Exception:
    where = f"{address.host or 'the local socket'}:{address.port or 5432}, database {address.database or ''!r}"
    return DatabaseRefused(
        f"PostgreSQL at {where} cannot be used: {reason_of(error)}",
        hint="See that it runs there, that the database exists, and that user and password in DATABASE_URL are right.",
    )
