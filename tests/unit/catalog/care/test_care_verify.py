"""A verification reads everything once, however often it is interrupted, and lets more urgent work pass."""

import os
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import store
from steelyard.catalog.care import checks, findings
from steelyard.catalog.care.checks import CheckFilter
from steelyard.catalog.care.findings import FindingFilter
from steelyard.catalog.care.models import Check, Problem
from steelyard.catalog.care.verify import VerifyKind
from steelyard.catalog.errors import ModelMissing
from steelyard.catalog.models import FileState, ModelStatus
from steelyard.catalog.tables import entries
from steelyard.core.signals import Signals
from steelyard.jobs import tables
from steelyard.jobs.errors import GiveWay, LeaseLost
from steelyard.jobs.models import Priority
from tests.unit.catalog.care.conftest import Shelf

CONTENTS = [f"file number {number}".encode() for number in range(70)]


async def outcome(shelf: Shelf) -> Check:
    """What the last check came to."""
    found = await shelf.database.read(lambda connection: checks.list_page(connection, CheckFilter(), 1, 0))
    return found[1][0]


async def test_right_bytes_are_sealed_with_the_time(shelf: Shelf) -> None:
    entry = await shelf.hold(*CONTENTS[:3])
    shelf.clock.forward(hours=1)
    context = await shelf.verification(entry)
    await VerifyKind(shelf.tools, Signals()).run(context)
    assert (await outcome(shelf)).outcome.right == 3
    assert context.progress.downloaded_bytes == context.progress.total_bytes == sum(map(len, CONTENTS[:3]))


async def test_it_lets_more_urgent_work_pass_and_goes_on_where_it_was(shelf: Shelf) -> None:
    entry = await shelf.hold(*CONTENTS)
    shelf.clock.forward(hours=1)
    context = await shelf.verification(entry)
    await shelf.add_job("download", "other", Priority.MEDIUM)
    kind = VerifyKind(shelf.tools, Signals())
    with pytest.raises(GiveWay):
        await kind.run(context)
    done = context.progress.downloaded_bytes
    assert 0 < done < sum(map(len, CONTENTS))
    hide_a_change(shelf.place(CONTENTS[0]))
    await shelf.database.write(_end_the_other_job)
    shelf.clock.forward(seconds=60)  # its lease ran out: another attempt at the same job
    await kind.run(await shelf.claim(context.job))
    found = await outcome(shelf)
    # The hidden change went unnoticed: that file had been read, and was not read again.
    assert (found.outcome.right, found.outcome.damaged, found.job) == (len(CONTENTS), 0, context.job.id)
    await kind.run(await shelf.verification(entry))
    assert (await outcome(shelf)).outcome.damaged == 1


def hide_a_change(place: Path) -> None:
    """Other bytes that look like the ones before."""
    about, content = place.stat(), place.read_bytes()
    place.chmod(0o644)
    place.write_bytes(content.upper())
    os.utime(place, ns=(about.st_atime_ns, about.st_mtime_ns))


def _end_the_other_job(connection: Connection) -> None:
    connection.execute(update(tables.jobs).where(tables.jobs.c.dedupe_key == "other").values(status="succeeded"))


async def test_wrong_and_missing_bytes_leave_the_shelf(shelf: Shelf) -> None:
    entry = await shelf.hold(*CONTENTS[:4])
    for content, change in ((CONTENTS[0], CONTENTS[0].upper()), (CONTENTS[1], CONTENTS[1][:3])):
        shelf.place(content).chmod(0o644)
        shelf.place(content).write_bytes(change)
    shelf.place(CONTENTS[2]).unlink()
    context = await shelf.verification(entry)
    await VerifyKind(shelf.tools, Signals()).run(context)
    found = (await outcome(shelf)).outcome
    assert (found.right, found.damaged, found.missing) == (1, 2, 1)
    assert list((await shelf.states(entry)).values()) == [FileState.LISTED] * 3 + [FileState.STORED]
    listed = await shelf.database.read(
        lambda connection: findings.list_page(connection, FindingFilter(job=context.job.id), 10, 0)
    )
    assert {one.problem for one in listed[1]} == {Problem.DAMAGED, Problem.TRUNCATED, Problem.MISSING}
    aside = sorted(path.read_bytes() for path in shelf.tools.storage.layout.foreign.iterdir())
    assert aside == sorted([CONTENTS[0].upper(), CONTENTS[1][:3]])
    after = await shelf.database.read(lambda connection: store.get(connection, entry))
    assert after is not None
    assert after.status is ModelStatus.PARTIAL


async def test_nothing_is_written_after_the_lease_is_lost(shelf: Shelf) -> None:
    entry = await shelf.hold(CONTENTS[0])
    shelf.place(CONTENTS[0]).chmod(0o644)
    shelf.place(CONTENTS[0]).write_bytes(CONTENTS[0].upper())
    context = await shelf.verification(entry)
    shelf.clock.forward(seconds=60)
    with pytest.raises(LeaseLost):
        await VerifyKind(shelf.tools, Signals()).run(context)
    assert set((await shelf.states(entry)).values()) == {FileState.STORED}
    assert list(shelf.tools.storage.layout.foreign.iterdir()) == []


async def test_a_model_that_was_deleted_meanwhile_is_not_verified(shelf: Shelf) -> None:
    entry = await shelf.hold(CONTENTS[0])
    context = await shelf.verification(entry)
    now = shelf.clock.now()

    def throw_away(connection: Connection) -> None:
        connection.execute(update(entries).where(entries.c.id == entry).values(deleted_at=now))

    await shelf.database.write(throw_away)
    with pytest.raises(ModelMissing):
        await VerifyKind(shelf.tools, Signals()).run(context)
