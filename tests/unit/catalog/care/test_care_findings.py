"""Findings are written once while they are open, and resolved when what was wrong is gone."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import revisions
from steelyard.catalog.care import findings
from steelyard.catalog.care.findings import FindingFilter, Found
from steelyard.catalog.care.losses import take_down
from steelyard.catalog.care.models import Finding, Loss, Problem, Stray
from steelyard.catalog.models import FileState
from steelyard.catalog.tables import entries
from steelyard.testing.source import digest_of
from tests.unit.catalog.care.conftest import COMMIT, FOLDER, Shelf

A, B = b"first", b"second"
STRAY = Stray(Problem.UNFINISHED, "hub/models--org--name/blobs/x.incomplete", "Half a file.", size=4)


async def report(shelf: Shelf, job: str, *found: Found) -> None:
    """Write findings down."""
    now = shelf.clock.now()
    await shelf.database.write(lambda connection: findings.report(connection, found, job, now))


async def seen(shelf: Shelf, wanted: FindingFilter = FindingFilter()) -> list[Finding]:  # noqa: B008 - frozen
    """A page of them; its total is true."""
    count, found = await shelf.database.read(lambda connection: findings.list_page(connection, wanted, 100, 0))
    assert count == len(found)
    return found


def loss(entry: int, content: bytes = A) -> Loss:
    """One blob of the model is gone."""
    place = f"hub/{FOLDER.name}/blobs/{digest_of(content).hex}"
    return Loss(entry, Problem.MISSING, place, "It is gone.", len(content), digest_of(content))


async def test_what_is_seen_again_is_one_finding(shelf: Shelf) -> None:
    await report(shelf, "one", STRAY, STRAY)
    first = await seen(shelf)
    shelf.clock.forward(hours=1)
    await report(shelf, "two", STRAY)
    assert await seen(shelf) == first
    assert (first[0].job, first[0].size, first[0].model) == ("one", 4, None)


async def test_what_is_not_seen_any_more_is_resolved_and_may_come_again(shelf: Shelf) -> None:
    await report(shelf, "one", STRAY)
    shelf.clock.forward(hours=1)
    now = shelf.clock.now()
    await shelf.database.write(lambda connection: findings.resolve_unseen(connection, [], now, now))
    assert await seen(shelf) == []
    assert [one.resolved_at for one in await seen(shelf, FindingFilter(open=False))] == [now]
    await report(shelf, "two", STRAY)
    assert len(await seen(shelf)) == 1


async def test_what_others_found_during_the_scan_stays(shelf: Shelf) -> None:
    started = shelf.clock.now()
    shelf.clock.forward(seconds=1)
    await report(shelf, "other", STRAY)
    now = shelf.clock.now()
    await shelf.database.write(lambda connection: findings.resolve_unseen(connection, [], started, now))
    assert len(await seen(shelf)) == 1


async def test_a_loss_is_open_until_the_model_is_complete_again(shelf: Shelf) -> None:
    entry = await shelf.hold(A, B)
    lost = [loss(entry)]
    await shelf.database.write(lambda connection: take_down(connection, lost, "one", shelf.clock.now()))
    assert list((await shelf.states(entry)).values()) == [FileState.LISTED, FileState.STORED]
    later = shelf.clock.now() + timedelta(days=1)
    await shelf.database.write(lambda connection: findings.resolve_unseen(connection, [], later, later))
    assert len(await seen(shelf)) == 1

    def mend(connection: Connection) -> None:
        revision = revisions.find(connection, entry, COMMIT)
        assert revision is not None
        revisions.complete(connection, revision.id, "job", later)
        findings.resolve_unseen(connection, [], later, later)

    await shelf.database.write(mend)
    assert await seen(shelf) == []


async def test_a_loss_that_nobody_believes_in_changes_nothing(shelf: Shelf) -> None:
    entry = await shelf.hold(A, B)
    lost = [loss(entry)]
    for expected in (lost, []):
        found = await shelf.database.write(lambda connection: take_down(connection, lost, "one", shelf.clock.now()))
        assert found == expected
    assert len(await seen(shelf)) == 1


async def test_what_lies_in_the_trash_loses_nothing(shelf: Shelf) -> None:
    entry = await shelf.hold(A)
    now = shelf.clock.now()

    def lose(connection: Connection) -> list[Loss]:
        connection.execute(update(entries).where(entries.c.id == entry).values(deleted_at=now))
        return take_down(connection, [loss(entry)], "one", now)

    assert await shelf.database.write(lose) == []
    assert await seen(shelf) == []
    assert list((await shelf.states(entry)).values()) == [FileState.STORED]


@pytest.mark.parametrize(("viewer", "count"), [(None, 2), ("alice", 2), ("bob", 1)])
async def test_findings_about_private_models_are_their_owners(shelf: Shelf, viewer: str | None, count: int) -> None:
    entry = await shelf.hold(A)

    def hide(connection: Connection) -> None:
        connection.execute(update(entries).where(entries.c.id == entry).values(private=True))

    await shelf.database.write(hide)
    await report(shelf, "one", STRAY, loss(entry))
    assert len(await seen(shelf, FindingFilter(viewer=viewer))) == count


async def test_filters(shelf: Shelf) -> None:
    entry = await shelf.hold(A)
    await report(shelf, "one", STRAY)
    await report(shelf, "two", loss(entry))
    assert [one.problem for one in await seen(shelf, FindingFilter(problem=Problem.MISSING))] == [Problem.MISSING]
    assert [str(one.model) for one in await seen(shelf, FindingFilter(entry=entry))] == ["org/name"]
    assert [one.job for one in await seen(shelf, FindingFilter(job="one"))] == ["one"]
    outcome = await shelf.database.read(lambda connection: findings.outcome_of(connection, "two", 5, entry))
    assert (outcome.right, outcome.damaged, outcome.missing, outcome.strays) == (5, 0, 1, 0)
