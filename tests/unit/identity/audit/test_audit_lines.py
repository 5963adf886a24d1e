"""Reading the audit log: filters, order, pages and slices."""

import pytest
from sqlalchemy import Connection, update

from steelyard.db.database import Database
from steelyard.identity.audit.models import AuditFilter
from steelyard.identity.audit.service import AuditLog
from steelyard.identity.tables import principals
from steelyard.testing.clock import HandClock
from tests.unit.identity.audit.conftest import MeetBy, Note


@pytest.fixture
async def log(database: Database, clock: HandClock, meet: MeetBy, note: Note) -> AuditLog:
    """Six deeds, an hour between them; the last two at the same moment."""
    alice, bob = await meet("alice"), await meet("bob")
    for number, (caller, action) in enumerate([
        (alice, "model.change"), (bob, "model.delete"), (alice, "model_x.change"), (None, "users.first"),
        (bob, "model.change"), (alice, "modelx"),
    ]):  # fmt: skip
        await note(caller, action, f"org/{number}")
        clock.forward(hours=0 if number >= 4 else 1)
    return AuditLog(database)


async def subjects(log: AuditLog, wanted: AuditFilter, limit: int = 100, offset: int = 0) -> tuple[int, str]:
    count, found = await log.list_page(wanted, limit, offset)
    return count, "".join(entry.deed.subject[-1] for entry in found)


async def test_the_newest_come_first_and_pages_join(log: AuditLog) -> None:
    assert await subjects(log, AuditFilter()) == (6, "543210")
    assert await subjects(log, AuditFilter(), 2, 1) == (6, "43")
    assert await subjects(log, AuditFilter(), 2, 4) == (6, "10")
    assert await subjects(log, AuditFilter(), 2, 6) == (6, "")


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("model.change", (2, "40")),
        ("model.", (3, "410")),
        ("model", (0, "")),
        ("model_x.", (1, "2")),
        ("none.", (0, "")),
    ],
)
async def test_one_action_or_all_that_begin_so(log: AuditLog, action: str, expected: tuple[int, str]) -> None:
    assert await subjects(log, AuditFilter(action=action)) == expected


async def test_by_whom_and_to_what(log: AuditLog) -> None:
    assert await subjects(log, AuditFilter(principals=await log.principals("bob"))) == (2, "41")
    assert await subjects(log, AuditFilter(principals=await log.principals("nobody"))) == (0, "")
    assert await subjects(log, AuditFilter(subject="org/3")) == (1, "3")


async def test_from_a_moment_on_and_before_one(log: AuditLog) -> None:
    moments = {entry.deed.subject: entry.at for entry in (await log.list_page(AuditFilter(), 100, 0))[1]}
    assert await subjects(log, AuditFilter(since=moments["org/2"])) == (4, "5432")
    assert await subjects(log, AuditFilter(until=moments["org/2"])) == (2, "10")
    assert await subjects(log, AuditFilter(since=moments["org/1"], until=moments["org/3"])) == (2, "21")


async def test_slices_are_the_same_rows(log: AuditLog) -> None:
    async def sliced(limit: int | None, offset: int) -> str:
        return "".join(
            [one.deed.subject[-1] async for found in log.slices(AuditFilter(), limit, offset) for one in found]
        )

    assert await sliced(None, 0) == "543210"
    assert await sliced(3, 1) == "432"


async def test_names_are_those_that_people_have_today(log: AuditLog, database: Database) -> None:
    def rename(connection: Connection) -> None:
        connection.execute(update(principals).where(principals.c.name == "alice").values(name="somebody"))

    await database.write(rename)
    _, found = await log.list_page(AuditFilter(), 100, 0)
    assert [entry.username for entry in found] == ["somebody", "bob", None, "somebody", "bob", "somebody"]
