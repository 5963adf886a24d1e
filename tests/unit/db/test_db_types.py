"""Times in the database: aware, and in UTC."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Dialect, Engine, MetaData, Table, create_engine, make_url, select, text
from sqlalchemy.exc import StatementError

from steelyard.db.postgres import parse_address, writer_engine
from steelyard.db.types import UtcDateTime
from tests.databases import Backend

moments = Table("moments", MetaData(), Column("at", UtcDateTime))
INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.fixture(scope="module")
def engine(backend: Backend, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """One table."""
    with ExitStack() as opened:
        if backend == "sqlite":
            engine = create_engine("sqlite://")
        else:
            url = opened.enter_context(request.getfixturevalue("postgres").database())
            engine = writer_engine(parse_address(url), "READ COMMITTED")
        moments.metadata.create_all(engine)
        yield engine
        engine.dispose()


@given(
    st.datetimes(
        min_value=datetime(1970, 1, 2), max_value=datetime(9000, 1, 1),  # noqa: DTZ001 - the zone comes from below
        timezones=st.sampled_from([UTC, INDIA, timezone(-timedelta(hours=8))]),
    )
)  # fmt: skip
def test_a_moment_comes_back_the_same_and_in_utc(engine: Engine, moment: datetime) -> None:
    with engine.connect() as connection:
        connection.execute(moments.insert().values(at=moment))
        back = connection.execute(select(moments.c.at)).scalar_one()
    assert back == moment
    assert back.tzinfo is UTC


def test_a_naive_time_is_refused(engine: Engine) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what must not get in
    with engine.connect() as connection, pytest.raises(StatementError, match=r"use Clock\.now"):
        connection.execute(moments.insert().values(at=naive))


def test_nothing_stays_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(moments.insert().values(at=None))
        assert connection.execute(select(moments.c.at)).scalar_one() is None


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_sqlite_keeps_readable_text(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(moments.insert().values(at=datetime(2026, 1, 2, 8, 30, tzinfo=INDIA)))
        assert connection.execute(text("SELECT at FROM moments")).scalar_one() == "2026-01-02 03:00:00.000000"


def test_postgresql_gets_the_moment_as_it_is() -> None:
    moment = datetime(2026, 1, 2, 8, 30, tzinfo=INDIA)
    dialect: Dialect = make_url("postgresql://").get_dialect()()
    assert UtcDateTime().process_bind_param(moment, dialect) is moment
    back = UtcDateTime().result_processor(dialect, None)(moment)
    assert back is not None
    assert (back, back.tzinfo) == (moment, UTC)
