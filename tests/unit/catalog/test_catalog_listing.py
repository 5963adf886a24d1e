"""Lists of the shelf: what is found, in what order, and what stands beside it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from steelyard.catalog import aliases, listing, revisions, store
from steelyard.catalog.facts import RevisionFacts
from steelyard.catalog.listing import EntryFilter, Line
from steelyard.catalog.models import Entry, EntryName, ModelStatus, Revision, Variant
from steelyard.catalog.tables import SORTS
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock

LONG_AGO = datetime.min.replace(tzinfo=UTC)
ORDERS: dict[str, Callable[[Entry], tuple[Any, int]]] = {
    "name": lambda entry: (entry.name.repo, entry.id),
    "newest": lambda entry: (-entry.created_at.timestamp(), entry.id),
    "downloads": lambda entry: (-entry.download_count, entry.id),
    "size": lambda entry: (-entry.size, entry.id),
    "last_used": lambda entry: (-(entry.last_used_at or LONG_AGO).timestamp(), entry.id),
}
NAME = EntryName("huggingface", Kind.MODEL, "org/name")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (EntryFilter(), ["org/name", "org/Other_x"]),
        (EntryFilter(text="OTHER_"), ["org/Other_x"]),
        (EntryFilter(text="%"), []),
        (EntryFilter(text="o_her"), []),
        (EntryFilter(owner="alice"), ["org/name"]),
        (EntryFilter(source="http"), []),
        (EntryFilter(status=ModelStatus.DOWNLOADING), ["org/name", "org/Other_x"]),
        (EntryFilter(status=ModelStatus.READY), []),
        (EntryFilter(format="gguf"), []),
        (EntryFilter(sort="downloads"), ["org/Other_x", "org/name"]),
    ],
)
async def test_lists(database: Database, clock: HandClock, wanted: EntryFilter, found: list[str]) -> None:
    def work(connection: Connection) -> tuple[int, list[Line]]:
        store.ensure(connection, NAME, "alice", clock.now())
        other = store.ensure(connection, replace(NAME, repo="org/Other_x"), "bob", clock.now())
        store.count_download(connection, other.id, clock.now(), is_use=False)
        return listing.list_page(connection, wanted, 10, 0)

    total, lines = await database.write(work)
    assert (total, [line.entry.name.repo for line in lines]) == (len(found), found)


async def test_a_search_finds_new_titles_and_tags_and_no_old_ones(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[list[str]]:
        entry = store.ensure(connection, NAME, None, clock.now())
        store.change(connection, entry, {"title": "Straße", "tags": ["first"]})
        store.change(connection, store.get(connection, entry.id) or entry, {"tags": ["Second"], "pinned": True})
        asked = ("STRASSE", "second", "first", "ORG/name", '"', ", ")
        return [
            [str(one.entry.name) for one in listing.list_page(connection, EntryFilter(text=q), 9, 0)[1]] for q in asked
        ]

    assert await database.write(work) == [["org/name"], ["org/name"], [], ["org/name"], [], []]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("text", [None, "org/"])
async def test_pages_are_cuts_of_one_ordered_list(
    database: Database, clock: HandClock, sort: str, text: str | None
) -> None:
    def fill(connection: Connection) -> None:
        for number, repo in enumerate("gbdface"):
            clock.forward(minutes=number % 3)  # some come at the same moment
            entry = store.ensure(connection, replace(NAME, repo=f"org/{repo}"), None, clock.now())
            store.set_computed(connection, entry.id, ModelStatus.READY, None, number * 5 % 3)
            for _ in range(number % 2):
                store.count_download(connection, entry.id, clock.now(), is_use=number % 4 == 1)

    def read(limit: int, offset: int, connection: Connection) -> tuple[int, list[Entry]]:
        total, lines = listing.list_page(connection, EntryFilter(text=text, sort=sort), limit, offset)
        return total, [line.entry for line in lines]

    await database.write(fill)
    total, whole = await database.read(partial(read, 100, 0))
    assert (total, whole) == (7, sorted(whole, key=ORDERS[sort]))
    for limit, offset in ((2, 0), (3, 3), (3, 5), (5, 7), (1, 10)):
        cut = (7, whole[offset : offset + limit])
        assert await database.read(partial(read, limit, offset)) == cut


async def test_of_revisions_completed_at_one_moment_all_mean_the_same(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[str]:
        entry = store.ensure(connection, NAME, None, clock.now())
        for commit in "2913":
            made = revisions.ensure(connection, entry.id, commit * 40, clock.now())
            revisions.complete(connection, made.id, "job", clock.now())
        (line,) = listing.list_page(connection, EntryFilter(), 9, 0)[1]
        latest = revisions.latest_complete(connection, entry.id)
        assert line.newest is not None
        assert latest is not None
        return [line.newest.commit, latest.commit, revisions.of_entry(connection, entry.id)[0].commit]

    assert len(set(await database.write(work))) == 1


@pytest.mark.parametrize("text", [None, "org/"])
async def test_a_line_has_its_newest_complete_revision_and_its_aliases(
    database: Database, clock: HandClock, text: str | None
) -> None:
    variant = Variant("Q8_0", 100, is_default=True)

    def work(connection: Connection) -> tuple[list[Line], Revision | None]:
        known, plain = (store.ensure(connection, replace(NAME, repo=f"org/{one}"), None, clock.now()) for one in "ab")
        aliases.replace(connection, known.id, ["zeta", "alpha"], clock.now())
        for days, commit in enumerate("132"):
            made = revisions.ensure(connection, known.id, commit * 40, clock.now())
            revisions.complete(connection, made.id, "job", clock.now() + timedelta(days=days))
            revisions.set_facts(connection, made.id, RevisionFacts(problems=("odd",), variants=(variant,)), clock.now())
        revisions.ensure(connection, known.id, "4" * 40, clock.now() + timedelta(days=9))
        revisions.ensure(connection, plain.id, "5" * 40, clock.now())
        return listing.list_page(connection, EntryFilter(text=text), 9, 0)[1], revisions.find(
            connection, known.id, "2" * 40
        )

    (known, plain), newest = await database.write(work)
    assert newest is not None
    assert (known.newest, known.aliases) == (newest, ("alpha", "zeta"))
    assert (newest.commit, newest.variants, newest.problems) == ("2" * 40, (variant,), ("odd",))
    assert (plain.newest, plain.aliases) == (None, ())


async def test_a_row_is_read_once_and_again_when_anything_beside_it_changed(
    database: Database, clock: HandClock
) -> None:
    def line(connection: Connection) -> Line:
        (found,) = listing.list_page(connection, EntryFilter(), 9, 0)[1]
        return found

    def work(connection: Connection) -> list[Line]:
        entry = store.ensure(connection, NAME, None, clock.now())
        seen = [line(connection), line(connection)]
        store.change(connection, entry, {"tags": ["new"]})
        seen.append(line(connection))
        aliases.replace(connection, entry.id, ["known"], clock.now())
        seen.append(line(connection))
        made = revisions.ensure(connection, entry.id, "1" * 40, clock.now())
        revisions.complete(connection, made.id, "job", clock.now())
        seen.append(line(connection))
        revisions.set_facts(connection, made.id, RevisionFacts(problems=("odd",)), clock.now())
        return [*seen, line(connection)]

    first, again, tagged, named, complete, read = await database.write(work)
    assert first is again
    assert len({first, tagged, named, complete, read}) == 5
    assert (tagged.entry.tags, named.aliases, read.newest and read.newest.problems) == (["new"], ("known",), ("odd",))
