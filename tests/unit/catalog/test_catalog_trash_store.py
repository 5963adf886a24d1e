"""The states of a deleted entry: each step happens once, and from the right state only."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, update

from steelyard.catalog import aliases, listing, revisions, store, trash_store
from steelyard.catalog.errors import ModelDeleted
from steelyard.catalog.listing import EntryFilter
from steelyard.catalog.models import Entry, EntryName, File, FileState, ModelStatus
from steelyard.catalog.tables import documents, entries
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.jobs import store as jobs
from steelyard.jobs.models import NewJob
from steelyard.testing.clock import HandClock

NAME = EntryName("huggingface", Kind.MODEL, "org/name")
OTHER = EntryName("huggingface", Kind.MODEL, "org/other")
PICKLE = File("model.bin", 10, Digest("sha256", "1" * 64), FileState.QUARANTINED)
STATES = ("shelf", "trash", "purging", "purged")
Step = Callable[[Connection, int, HandClock], bool]
STEPS: dict[str, Step] = {
    "throw": lambda connection, key, clock: trash_store.throw(connection, key, "alice", clock.now(), clock.now()),
    "restore": lambda connection, key, clock: trash_store.restore(connection, key),
    "hurry": lambda connection, key, clock: trash_store.hurry(connection, key, clock.now()),
    "begin": lambda connection, key, clock: trash_store.begin_purge(connection, key, clock.now(), clock.now()),
    "end": lambda connection, key, clock: trash_store.end_purge(connection, key, clock.now()),
    "revive": lambda connection, key, clock: trash_store.revive(connection, key),
}
ALLOWED = {
    "shelf": {"throw"}, "trash": {"restore", "hurry", "begin"}, "purging": {"begin", "end"}, "purged": {"revive"}
}  # fmt: skip


def shelve(connection: Connection, clock: HandClock, name: EntryName = NAME) -> Entry:
    """An entry with one file in quarantine and an alias."""
    entry = store.ensure(connection, name, "alice", clock.now())
    revision = revisions.ensure(connection, entry.id, "a" * 40, clock.now())
    revisions.add_files(connection, revision.id, [PICKLE])
    connection.execute(insert(documents).values(revision=revision.id, body={"id": name.repo}))
    revisions.set_ref(connection, entry.id, "main", "a" * 40, clock.now())
    aliases.replace(connection, entry.id, [name.repo[-4:]], clock.now())
    return entry


def bring_to(connection: Connection, clock: HandClock, state: str) -> int:
    """An entry in that state."""
    key = shelve(connection, clock).id
    for step in ("throw", "begin", "end")[: STATES.index(state)]:
        assert STEPS[step](connection, key, clock)
    return key


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS)
async def test_a_step_happens_from_the_right_state_only(
    database: Database, clock: HandClock, state: str, step: str
) -> None:
    def work(connection: Connection) -> bool:
        return STEPS[step](connection, bring_to(connection, clock, state), clock)

    assert await database.write(work) is (step in ALLOWED[state])


async def test_a_pinned_entry_cannot_be_thrown(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> bool:
        key = shelve(connection, clock).id
        connection.execute(update(entries).where(entries.c.id == key).values(pinned=True))
        return STEPS["throw"](connection, key, clock)

    assert not await database.write(work)


async def test_a_purge_is_about_one_deletion(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> bool:
        key, first = bring_to(connection, clock, "trash"), clock.now()
        trash_store.restore(connection, key)
        clock.forward(seconds=1)
        STEPS["throw"](connection, key, clock)
        return trash_store.begin_purge(connection, key, first, clock.now())

    assert not await database.write(work)


async def test_no_purge_begins_before_its_time(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[bool]:
        key, now = shelve(connection, clock).id, clock.now()
        trash_store.throw(connection, key, "alice", now, now + timedelta(days=30))
        moments = (now, now + timedelta(days=29), now + timedelta(days=30))
        return [trash_store.begin_purge(connection, key, now, moment) for moment in moments]

    assert await database.write(work) == [False, False, True]


async def test_a_purged_entry_keeps_its_row_and_nothing_else(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[Entry | None, list[object]]:
        key = bring_to(connection, clock, "trash")
        store.count_download(connection, key, clock.now(), is_use=True)
        for step in ("begin", "end"):
            STEPS[step](connection, key, clock)
        left = [
            *trash_store.listed(connection, key),
            *revisions.of_entry(connection, key),
            *aliases.of_entry(connection, key),
            *filter(None, [revisions.ref(connection, key, "main")]),
        ]
        return store.get(connection, key), left

    entry, left = await database.write(work)
    assert entry is not None
    assert (entry.download_count, entry.uses, entry.size, left) == (1, 1, 0, [])


@pytest.mark.parametrize(("state", "shown"), [("shelf", 0), ("trash", 1), ("purging", 1), ("purged", 0)])
async def test_the_list_of_the_trash(database: Database, clock: HandClock, state: str, shown: int) -> None:
    def work(connection: Connection) -> tuple[int, int]:
        bring_to(connection, clock, state)
        deleted = listing.list_page(connection, EntryFilter(status=ModelStatus.DELETED), 10, 0)[0]
        return deleted, listing.list_page(connection, EntryFilter(), 10, 0)[0]

    assert await database.write(work) == (shown, int(state == "shelf"))


@pytest.mark.parametrize("state", ["trash", "purged"])
async def test_who_is_wanted_again_is_on_the_shelf_again(database: Database, clock: HandClock, state: str) -> None:
    def work(connection: Connection) -> tuple[int, Entry]:
        return bring_to(connection, clock, state), store.ensure(connection, NAME, "bob", clock.now())

    key, entry = await database.write(work)
    assert (entry.id, entry.trash, entry.status, entry.owner) == (key, None, ModelStatus.DOWNLOADING, "alice")


async def test_what_is_being_purged_cannot_be_wanted_again(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> None:
        bring_to(connection, clock, "purging")
        store.ensure(connection, NAME, "bob", clock.now())

    with pytest.raises(ModelDeleted):
        await database.write(work)


async def test_due_when_the_time_is_over_or_a_purge_was_broken_off(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[bool]:
        one, two = shelve(connection, clock), shelve(connection, clock, OTHER)
        later = clock.now() + timedelta(days=7)
        for entry in (one, two):
            trash_store.throw(connection, entry.id, "alice", clock.now(), later)
        trash_store.begin_purge(connection, two.id, clock.now(), later)
        found = [trash_store.due(connection, clock.now()) == [two.id]]
        clock.forward(days=7)
        return [*found, set(trash_store.due(connection, clock.now())) == {one.id, two.id}]

    assert await database.write(work) == [True, True]


@pytest.mark.parametrize(
    ("state", "busy", "needed"),
    [(FileState.QUARANTINED, False, True), (FileState.LISTED, False, False), (FileState.LISTED, True, True)],
)
async def test_quarantined_bytes_that_another_entry_needs(
    database: Database, clock: HandClock, state: FileState, busy: bool, needed: bool
) -> None:
    def work(connection: Connection) -> bool:
        one, two = shelve(connection, clock), shelve(connection, clock, OTHER)
        (revision,) = revisions.of_entry(connection, two.id)
        revisions.mark_files(connection, revision.id, [PICKLE.path], state)
        if busy:
            jobs.insert(connection, NewJob("download", "key", {}, subject=two.id), clock.now())
        return bool(trash_store.needed_by_others(connection, one.id, [PICKLE.digest]))

    assert await database.write(work) is needed


async def test_two_sources_may_share_one_folder(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[bool]:
        one = shelve(connection, clock)
        alone = trash_store.shares_folder(connection, one.id)
        same = store.ensure(connection, EntryName("folder", Kind.MODEL, NAME.repo), None, clock.now())
        together = trash_store.shares_folder(connection, one.id)
        trash_store.throw(connection, same.id, "alice", clock.now(), clock.now())
        return [alone, together, trash_store.shares_folder(connection, one.id)]

    assert await database.write(work) == [False, True, False]


def test_a_pickle_that_was_only_listed_may_lie_in_quarantine_too() -> None:
    listed, stored = replace(PICKLE, state=FileState.LISTED), replace(PICKLE, state=FileState.STORED)
    weights = replace(listed, path="model.gguf")
    assert trash_store.perhaps_quarantined([("c", PICKLE), ("c", listed)]) == [PICKLE.digest]
    assert trash_store.perhaps_quarantined([("c", listed)]) == [PICKLE.digest]
    assert trash_store.perhaps_quarantined([("c", stored), ("c", weights)]) == []
