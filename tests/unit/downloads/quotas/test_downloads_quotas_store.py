"""The table of quotas: one row per subject, by whatever spelling of the name, and nothing of whoever is forgotten."""

from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.downloads.quotas import store
from steelyard.downloads.quotas.models import EVERYBODY, Limits, Payer, Quota, Subject, SubjectKind
from steelyard.identity.roles import Role
from steelyard.testing.clock import HandClock

BOB = Subject(SubjectKind.USER, "bob")


async def test_a_subject_has_one_row_whatever_its_capitals(database: Database, clock: HandClock) -> None:
    def write(connection: Connection) -> tuple[int, list[str]]:
        store.put(connection, BOB, Quota(held_bytes=1), "root", clock.now())
        store.put(connection, Subject(SubjectKind.USER, "BOB"), Quota(period_bytes=2**60), "root", clock.now())
        count, rows = store.list_page(connection, 10, 0)
        return count, [f"{row.subject} {row.quota.held_bytes} {row.quota.period_bytes}" for row in rows]

    assert await database.write(write) == (1, [f"user BOB None {2**60}"])


async def test_an_administrator_has_no_limits(database: Database, clock: HandClock) -> None:
    def limits(connection: Connection, *, exempt: bool) -> Limits:
        store.put(connection, EVERYBODY, Quota(held_bytes=1), "root", clock.now())
        return store.limits_of(connection, Payer(frozenset({1}), "bob", Role.MEMBER, exempt))

    assert (await database.write(lambda connection: limits(connection, exempt=False))).held_bytes == 1
    assert await database.write(lambda connection: limits(connection, exempt=True)) == Limits()


async def test_nothing_is_left_of_whoever_is_forgotten(database: Database, clock: HandClock) -> None:
    def forget(connection: Connection) -> list[tuple[str, str]]:
        store.put(connection, BOB, Quota(held_bytes=1), "root", clock.now())
        store.put(connection, EVERYBODY, Quota(held_bytes=1), "bob", clock.now())
        store.forget(connection, "bob", "forgotten-1")
        return [(str(row.subject), row.changed_by) for row in store.list_page(connection, 10, 0)[1]]

    assert await database.write(forget) == [("everybody", "forgotten-1")]
