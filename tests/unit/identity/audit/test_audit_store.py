"""Writing the audit log, and what the database refuses to do to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, delete, select, text, update
from sqlalchemy.exc import IntegrityError

from steelyard.db.database import Database
from steelyard.identity.audit import lines, store
from steelyard.identity.audit.models import AuditEntry, AuditFilter, Deed
from steelyard.identity.audit.tables import audit_log
from steelyard.identity.principal import Access
from steelyard.identity.roles import Role
from steelyard.testing.clock import HandClock
from tests.unit.identity.audit.conftest import MeetBy, Note

NOW = datetime.now(UTC)


async def newest(database: Database) -> list[AuditEntry]:
    return await database.read(lambda connection: lines.page(connection, AuditFilter(), 100, 0))


async def test_a_deed_keeps_who_how_known_from_where_and_what(
    database: Database, clock: HandClock, meet: MeetBy, note: Note
) -> None:
    alice = await meet("alice", "2001:db8::7", Access(Role.ADMIN, "alice", credential="token:7"))
    await note(alice, "model.change", "org/one", before={"pinned": False}, after={"pinned": True})
    [entry] = await newest(database)
    assert entry == AuditEntry(
        entry.id, clock.now(), "alice", "declared", "2001:db8::7", "token:7",
        Deed("model.change", "org/one", {"pinned": False}, {"pinned": True}),
    )  # fmt: skip


async def test_what_the_depot_does_by_itself_has_no_doer(database: Database, note: Note) -> None:
    await note(None, "users.first", "admin")
    [entry] = await newest(database)
    assert (entry.username, entry.identified_by, entry.address, entry.credential) == (None, "depot", None, None)
    assert (entry.deed.before, entry.deed.after) == (None, None)


async def test_an_overlong_subject_is_cut(database: Database, meet: MeetBy, note: Note) -> None:
    await note(await meet("alice"), "import.start", "/" + "ü" * 4000)
    assert [len(entry.deed.subject) for entry in await newest(database)] == [500]


async def test_a_deed_that_fails_is_not_written_down(database: Database, clock: HandClock, meet: MeetBy) -> None:
    alice = await meet("alice")

    def fail(connection: Connection) -> None:
        store.record(connection, alice, Deed("model.delete", "org/one"), clock.now())
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        await database.write(fail)
    assert await newest(database) == []


@pytest.mark.parametrize(
    "values",
    [
        {"at": NOW}, {"principal": None}, {"known_by": "account"}, {"address": "198.51.100.1"}, {"credential": "x"},
        {"action": "other"}, {"subject": "other"}, {"before": {}}, {"after": {}}, {"address": None, "action": "other"},
        {"id": 99},
    ],
    ids="-".join,
)  # fmt: skip
async def test_no_line_is_ever_changed(database: Database, meet: MeetBy, note: Note, values: dict[str, Any]) -> None:
    await note(await meet("alice"), "model.change", after={"pinned": True})
    before = await newest(database)
    await _refused(database, update(audit_log).values(**values))
    assert await newest(database) == before


@pytest.mark.parametrize(("age", "goes"), [(0, False), (28, False), (30, True), (365, True), (-1, False)])
async def test_only_old_lines_can_be_deleted(database: Database, meet: MeetBy, age: int, goes: bool) -> None:
    alice, at = await meet("alice"), NOW - timedelta(days=age)
    await database.write(lambda connection: store.record(connection, alice, Deed("model.change", "org/one"), at))
    if goes:
        await _execute(database, delete(audit_log))
    else:
        await _refused(database, delete(audit_log))
    assert len(await newest(database)) == (0 if goes else 1)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_the_log_cannot_be_emptied(database: Database, meet: MeetBy, note: Note) -> None:
    await note(await meet("alice"), "model.change")
    await _refused(database, text("TRUNCATE audit_log"))
    await _refused(database, text("TRUNCATE principals CASCADE"))
    assert len(await newest(database)) == 1


async def test_a_principal_who_did_something_stays(database: Database, meet: MeetBy, note: Note) -> None:
    await note(await meet("alice"), "model.change")
    await _refused(database, text("DELETE FROM principals"))


async def test_forgetting_somebody_empties_their_addresses_alone(database: Database, meet: MeetBy, note: Note) -> None:
    alice, bob = await meet("alice"), await meet("bob", "198.51.100.1")
    for caller in (alice, bob, alice):
        await note(caller, "model.change")
    forgotten = frozenset({alice.principal.id})
    assert await database.write(lambda connection: store.forget_addresses(connection, forgotten)) == 2
    assert [entry.address for entry in await newest(database)] == [None, "198.51.100.1", None]
    assert await database.write(lambda connection: store.forget_addresses(connection, forgotten)) == 0


async def test_a_purge_takes_the_old_ones(database: Database, meet: MeetBy) -> None:
    alice = await meet("alice")

    def fill(connection: Connection) -> None:
        for age in (400, 366, 364, 1):
            store.record(connection, alice, Deed("model.change", f"{age}"), NOW - timedelta(days=age))

    await database.write(fill)
    assert await database.write(lambda connection: store.purge(connection, NOW - timedelta(days=365))) == 2
    assert [entry.deed.subject for entry in await newest(database)] == ["1", "364"]


async def _execute(database: Database, statement: Executable) -> None:
    def run(connection: Connection) -> None:
        connection.execute(statement)

    await database.write(run)


async def _refused(database: Database, statement: Executable) -> None:
    def count(connection: Connection) -> int:
        return len(connection.execute(select(audit_log.c.id)).all())

    before = await database.read(count)
    with pytest.raises(IntegrityError):
        await _execute(database, statement)
    assert await database.read(count) == before
