"""How long the audit log and the keys of hidden addresses are kept."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from steelyard.db.database import Database
from steelyard.identity.audit import store
from steelyard.identity.audit.models import Deed
from steelyard.identity.audit.retention import Retention
from steelyard.identity.audit.tables import audit_log
from steelyard.identity.salts import salt_of, salts
from steelyard.testing.clock import HandClock
from tests.unit.identity.audit.conftest import MeetBy


@pytest.fixture
def today() -> HandClock:
    """The database has its own clock, so this one shows the real day."""
    return HandClock(datetime.now(UTC))


async def test_lines_older_than_the_retention_go(database: Database, today: HandClock, meet: MeetBy) -> None:
    alice, now = await meet("alice"), today.now()

    def fill(connection: Connection) -> None:
        for age in range(2300):
            store.record(connection, alice, Deed("model.change", "org/one"), now - timedelta(days=age, minutes=1))

    await database.write(fill)
    retention = Retention(database, today, 100)
    assert await retention.round() == 2200  # more than one transaction takes
    assert await retention.round() == 0
    assert await _count(database) == 100


async def test_nobody_can_make_it_forget_what_is_young(database: Database, today: HandClock, meet: MeetBy) -> None:
    alice, now = await meet("alice"), today.now()

    def fill(connection: Connection) -> None:
        for age in (0, 1, 29, 31):
            store.record(connection, alice, Deed("model.change", "org/one"), now - timedelta(days=age))

    await database.write(fill)
    assert await Retention(database, today, 0).round() == 1
    assert await _count(database) == 3


async def test_old_keys_of_addresses_are_destroyed_though_nobody_asks_for_new_ones(
    database: Database, clock: HandClock
) -> None:
    day = clock.now().date()
    await database.write(lambda connection: salt_of(connection, day, "aa"))
    clock.forward(days=1)
    retention = Retention(database, clock, 365)
    await retention.round()
    assert await database.read(lambda found: found.execute(select(salts.c.day)).scalars().all()) == [day]
    clock.forward(days=1)
    await retention.round()
    assert await database.read(lambda found: found.execute(select(salts.c.day)).scalars().all()) == []


async def _count(database: Database) -> int:
    return await database.read(lambda found: found.execute(select(func.count()).select_from(audit_log)).scalar_one())
