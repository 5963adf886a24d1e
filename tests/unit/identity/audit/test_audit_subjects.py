"""Accounts in the audit log: by number in the table, by their present name for whoever reads."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from steelyard.db.database import Database
from steelyard.identity import store
from steelyard.identity.accounts import account_store
from steelyard.identity.audit.models import AuditFilter
from steelyard.identity.audit.service import AuditLog
from steelyard.identity.audit.subjects import of_account
from steelyard.identity.audit.tables import audit_log
from steelyard.identity.principal import Principal, PrincipalKind
from steelyard.identity.roles import Role
from steelyard.identity.tables import NO_ROW
from steelyard.testing.clock import HandClock
from tests.unit.identity.audit.conftest import MeetBy, Note


class Ledger:
    """An account, and a log in which something was done to it, to a model, and to whoever was called so long ago."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.database, self.clock = database, clock
        self.log = AuditLog(database)
        self.account = 0

    async def open(self, note: Note) -> None:
        now = self.clock.now()
        user = await self.database.write(
            lambda connection: account_store.add(connection, "Alice", Role.MEMBER, None, "root", now)
        )
        self.account = user.id
        for action, subject in (("user.change", of_account(user.id)), ("x.do", "org/one"), ("user.old", "alice")):
            await note(None, action, subject)

    async def find(self, subject: str | None = None) -> list[str]:
        """The lines found by a subject, as people read them, oldest first."""
        wanted = AuditFilter(subject=subject)
        count, found = await self.log.list_page(wanted, 10, 0)
        sliced = [entry async for slice_ in self.log.slices(wanted) for entry in slice_]
        assert (count, sliced) == (len(found), found)
        return [f"{entry.deed.action} {entry.deed.subject}" for entry in reversed(found)]

    async def change(self, deleted: bool, name: str | None) -> None:
        """Delete the account; with a name its principal is known by it."""
        now = self.clock.now()

        def work(connection: Connection) -> None:
            if deleted:
                account_store.remove(connection, self.account)
            if name is not None:
                kind = PrincipalKind.ACCOUNT
                found = store.find_or_add(connection, kind, str(self.account), "Alice", now)
                store.rename(connection, frozenset({found.id}), name)

        await self.database.write(work)


@pytest.fixture
async def ledger(database: Database, clock: HandClock, note: Note) -> Ledger:
    """Nobody is forgotten yet."""
    ledger = Ledger(database, clock)
    await ledger.open(note)
    return ledger


async def test_no_name_is_written_and_the_present_one_is_read(ledger: Ledger) -> None:
    written = await ledger.database.read(
        lambda connection: connection.execute(select(audit_log.c.subject)).scalars().all()
    )
    assert sorted(written) == [f"account {ledger.account}", "alice", "org/one"]
    assert await ledger.find() == ["user.change Alice", "x.do org/one", "user.old alice"]


@pytest.mark.parametrize(("subject", "count"), [("alice", 2), ("ALICE", 1), ("org/one", 1), ("bob", 0)])
async def test_a_name_finds_what_was_done_to_the_account(ledger: Ledger, subject: str, count: int) -> None:
    assert len(await ledger.find(subject)) == count
    assert await ledger.find(of_account(ledger.account)) == ["user.change Alice"]


async def test_of_a_deleted_account_there_is_its_number_or_what_it_is_known_by(ledger: Ledger) -> None:
    await ledger.change(deleted=True, name=None)
    shown = f"account {ledger.account} (deleted)"
    assert (await ledger.find())[0] == f"user.change {shown}"
    assert await ledger.find(shown) == [f"user.change {shown}"]
    await ledger.change(deleted=False, name="forgotten-1")
    assert (await ledger.find())[0] == "user.change forgotten-1 (deleted)"
    for name in ("forgotten-1", "forgotten-1 (deleted)"):
        assert await ledger.find(name) == ["user.change forgotten-1 (deleted)"]


async def test_a_stranger_is_the_address_that_they_came_from(database: Database, meet: MeetBy, note: Note) -> None:
    stranger = await meet("alice", address="192.0.2.9")
    nobody = Principal(NO_ROW, PrincipalKind.ADDRESS, "192.0.2.9", "192.0.2.9")
    stranger = replace(stranger, principal=nobody)
    await note(stranger, "session.refused", "bob")
    await note(None, "users.first", "ann")
    _, found = await AuditLog(database).list_page(AuditFilter(), 10, 0)
    assert {entry.username for entry in found} == {"192.0.2.9", None}
