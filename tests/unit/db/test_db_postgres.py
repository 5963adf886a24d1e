"""PostgreSQL: addresses as people write them, transactions that collide, and a server that is away."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError

from steelyard.core.errors import SteelyardError
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway, DatabaseBusy, DatabaseRefused
from steelyard.db.postgres import explain, open_postgres, parse_address, patience, version_of
from steelyard.http.problems import from_error
from steelyard.testing.postgres import PostgresCluster

SECRET = "hunter2secret"
only_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


def failed(state: str | None, kind: type[DBAPIError] = OperationalError) -> DBAPIError:
    """An error as SQLAlchemy raises it."""
    return kind("SELECT 1", {}, _Told(state))


class _Told(RuntimeError):
    def __init__(self, state: str | None) -> None:
        super().__init__("the server said no")
        self.sqlstate = state


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg"])
def test_every_usual_scheme_means_psycopg(scheme: str) -> None:
    address = parse_address(f"{scheme}://alice:{SECRET}@db.example:5433/depot?sslmode=require")
    assert address.drivername == "postgresql+psycopg"
    assert (address.host, address.port, address.database) == ("db.example", 5433, "depot")
    assert address.query == {"sslmode": "require"}


@pytest.mark.parametrize("url", [f"mysql://a:{SECRET}@b/c", SECRET, "", f"postgresql://a:x@{SECRET}@host/c"])
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(DatabaseRefused) as refused:
        parse_address(url)
    assert SECRET not in f"{refused.value.detail} {refused.value.hint}"


@pytest.mark.parametrize(("state", "limit"), [("40001", 12), ("40P01", 12), ("23505", 3), ("25P03", 3)])
def test_a_collision_is_tried_again_with_growing_pauses_and_not_for_ever(state: str, limit: int) -> None:
    kind = IntegrityError if state == "23505" else OperationalError
    pauses = [patience(failed(state, kind), tries) for tries in range(1, limit + 1)]
    assert pauses[-1] is None
    assert all(pause is not None and 0 < pause <= 0.25 for pause in pauses[:-1])


@pytest.mark.parametrize("state", ["23503", "42P01", "57P01", None])
def test_nothing_else_is_tried_again(state: str | None) -> None:
    assert patience(failed(state), 1) is None


def test_what_people_are_told() -> None:
    busy, away = explain(failed("40001")), explain(failed(None))
    assert isinstance(busy, DatabaseBusy)
    assert type(away) is DatabaseAway
    for error in (busy, away):
        assert isinstance(error, SteelyardError)
        answer = from_error(error)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert error.hint
    broken = failed("42P01", InternalError)
    assert explain(broken) is broken


@pytest.mark.parametrize("state", ["54000", "54001", "22021", "22P05"])
def test_what_no_column_takes_is_not_taken_for_a_database_that_is_away(state: str) -> None:
    error = failed(state)
    assert explain(error) is error


def _make(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE seats (number INTEGER PRIMARY KEY, taken_by TEXT)"))


def _rows(connection: Connection) -> list[tuple[int, str]]:
    return [(row.number, row.taken_by) for row in connection.execute(text("SELECT * FROM seats ORDER BY number"))]


@only_postgresql
async def test_transactions_that_read_before_they_write_do_not_interleave(database: Database) -> None:
    """Each takes the next free number by looking: without serializable transactions two would take the same."""
    await database.write(_make)
    runs = 0

    def take(name: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            nonlocal runs
            runs += 1
            highest = connection.execute(text("SELECT coalesce(max(number), 0) FROM seats")).scalar_one()
            statement = text("INSERT INTO seats VALUES (:number, :name)")
            connection.execute(statement, {"number": highest + 1, "name": name})

        return work

    await asyncio.gather(*(database.write(take(f"taker {number}")) for number in range(6)))
    rows = await database.read(_rows)
    assert [number for number, _ in rows] == [1, 2, 3, 4, 5, 6]
    assert len({name for _, name in rows}) == 6
    assert runs >= 6


@only_postgresql
async def test_a_key_that_stays_taken_is_an_error(database: Database) -> None:
    await database.write(_make)
    runs: list[None] = []

    def work(connection: Connection) -> None:
        runs.append(None)
        connection.execute(text("INSERT INTO seats VALUES (1, 'me')"))

    await database.write(work)
    with pytest.raises(IntegrityError):
        await database.write(work)
    assert len(runs) == 1 + 3


@only_postgresql
async def test_a_reader_sees_one_snapshot_and_cannot_write(database: Database) -> None:
    await database.write(_make)
    with pytest.raises(InternalError, match="read-only"):
        await database.read(lambda connection: connection.execute(text("INSERT INTO seats VALUES (1, 'me')")))
    assert await database.read(_setting("transaction_isolation")) == "repeatable read"
    assert await database.write(_setting("transaction_isolation")) == "serializable"


@only_postgresql
async def test_a_frozen_process_cannot_hold_its_locks(database: Database) -> None:
    assert await database.write(_setting("idle_in_transaction_session_timeout")) == "4s"


@only_postgresql
async def test_a_connection_that_breaks_costs_one_error_at_most(database: Database) -> None:
    await database.write(_make)
    broken = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() {}"
    with pytest.raises(DatabaseAway):
        await database.write(lambda connection: connection.execute(text(broken.format(""))))
    assert await database.read(_rows) == []
    others = text(broken.format("AND pid <> pg_backend_pid()"))
    await database.write(lambda connection: connection.execute(others))
    assert await database.read(_rows) == []


def test_a_wrong_address_is_refused_with_a_hint(postgres: PostgresCluster) -> None:
    wrong = postgres.url("nowhere").replace("steelyard@", f"steelyard:{SECRET}@")
    with pytest.raises(DatabaseRefused, match='"nowhere" does not exist') as refused:
        open_postgres(wrong, isolation="SERIALIZABLE")
    assert SECRET not in f"{refused.value.detail} {refused.value.hint}"
    with pytest.raises(DatabaseRefused, match="refused"):
        open_postgres(f"postgresql://alice:{SECRET}@127.0.0.1:1/depot", isolation="SERIALIZABLE")


@only_postgresql
async def test_its_version_is_told(database: Database) -> None:
    major, name = version_of(database.writer)
    assert name == f"PostgreSQL {name.partition(' ')[2]}"
    assert name.partition(" ")[2].startswith(str(major))


def _setting(name: str) -> Callable[[Connection], str]:
    def read(connection: Connection) -> str:
        return str(connection.execute(text(f"SHOW {name}")).scalar_one())

    return read
