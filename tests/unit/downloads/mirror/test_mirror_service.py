"""What the mirror does beside placing and bringing: uses of warm clients, looks at headers, doubts."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import store as catalog
from steelyard.catalog.errors import NotYours
from steelyard.catalog.models import DEPOT_HUB, Entry, File, FileState
from steelyard.catalog.tables import entries
from steelyard.core.ref import Reference
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.downloads import counting, doubts, store
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.mirror.models import Named, Placed
from steelyard.downloads.mirror.service import Mirror
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.models import Ask, RequestStatus
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.tools import Tools
from steelyard.identity.principal import EVERYTHING, Access
from steelyard.identity.roles import Role, Scope
from steelyard.sources.errors import FileMissing
from steelyard.sources.registry import Sources
from steelyard.storage.disk import DiskStorage
from steelyard.testing.clock import HandClock
from steelyard.testing.source import digest_of
from tests.unit.downloads.mirror.asked_hub import REPOSITORY, AskedHub
from tests.unit.downloads.mirrored import COMMIT, NAME, caller, file, shelve

CONTENT = bytes(range(256)) * 100
BIG = 40 * 1024 * 1024
VIEWER, MEMBER = Access(Role.VIEWER, account="bob"), Access(Role.MEMBER, account="bob")
NEVER_ASKED: Any = None  # what only a pull needs


@pytest.fixture
async def tools(database: Database, clock: HandClock, tmp_path: Path) -> AsyncIterator[Tools]:
    """A store with nothing in it."""
    with ThreadPoolExecutor(1) as threads:
        storage = DiskStorage(tmp_path / "store")
        yield Tools(database, storage, threads, threads, PartLocks(), clock, DownloadSettings.model_validate({}), 0)


@pytest.fixture
async def hub() -> AskedHub:
    """A hub that has one file."""
    hub = AskedHub()
    hub.hold(REPOSITORY.name, {"a.bin": CONTENT})
    return hub


@pytest.fixture
def mirror(tools: Tools, hub: AskedHub) -> Mirror:
    """A mirror as usually set."""
    return made(tools, hub)


def made(tools: Tools, hub: AskedHub, **settings: Any) -> Mirror:
    sources = Sources({"huggingface": hub})
    return Mirror(
        tools, sources, NEVER_ASKED, NEVER_ASKED, NEVER_ASKED, Signals(), MirrorSettings.model_validate(settings)
    )


async def shelved(database: Database, clock: HandClock, *, complete: bool = True) -> Placed:
    """A revision on the shelf."""

    def work(connection: Connection) -> Placed:
        entry, revision = shelve(connection, clock, [file("a", state=FileState.STORED)], complete=complete)
        return Placed(NAME, COMMIT, entry, revision)

    return await database.write(work)


async def entry_of(database: Database, placed: Placed) -> Entry:
    """Its entry as the row tells now."""
    found = await database.read(lambda connection: catalog.find(connection, placed.name))
    assert found is not None
    return found


async def test_a_look_of_a_warm_client_is_a_use(mirror: Mirror, database: Database, clock: HandClock) -> None:
    placed = await shelved(database, clock)
    seen: list[tuple[int, datetime | None]] = []
    for minutes in (0, 14, 2, 24 * 60):
        clock.forward(minutes=minutes)
        await mirror.touch(placed, caller())
        entry = await entry_of(database, placed)
        seen.append((entry.uses, entry.last_used_at))
    start = seen[0][1]
    assert [uses for uses, _ in seen] == [1, 1, 1, 2]
    assert [at == start for _, at in seen] == [True, True, False, False]  # written down a few times an hour at most
    assert entry.download_count == 0


async def test_each_person_uses_it(mirror: Mirror, database: Database, clock: HandClock) -> None:
    placed = await shelved(database, clock)
    for number in (1, 2, 1, 2):
        await mirror.touch(placed, caller(f"p{number}", number))
    assert (await entry_of(database, placed)).uses == 2


async def test_a_look_after_a_pull_is_the_same_use(mirror: Mirror, database: Database, clock: HandClock) -> None:
    placed = await shelved(database, clock)
    assert placed.entry is not None
    key = placed.entry.id

    def pull(connection: Connection) -> None:
        ask = Ask(Reference("org/name"), caller())
        task = store.insert(
            connection, ask, "org/name", RequestStatus.PENDING, clock.now(), source="huggingface", entry=key
        )
        is_use = counting.complete(connection, store.require(connection, task), COMMIT, clock.now())
        catalog.count_download(connection, key, clock.now(), is_use=is_use)

    await database.write(pull)
    clock.forward(hours=1)
    await mirror.touch(placed, caller())
    entry = await entry_of(database, placed)
    assert (entry.uses, entry.last_used_at) == (1, clock.now())


async def test_what_is_not_here_is_not_used(mirror: Mirror, database: Database, clock: HandClock) -> None:
    placed = await shelved(database, clock, complete=False)
    for one in (placed, replace(placed, revision=None), Placed(NAME, COMMIT)):
        await mirror.touch(one, caller())
    assert (await entry_of(database, placed)).uses == 0


@pytest.mark.parametrize(
    ("changes", "size", "stop", "access", "may"),
    [
        ({}, BIG, 100_001, EVERYTHING, True),
        ({}, BIG, 2 * 1024 * 1024, MEMBER, True),
        ({}, BIG, 2 * 1024 * 1024 + 1, EVERYTHING, False),
        ({}, 16 * 1024 * 1024, 100, EVERYTHING, False),  # small enough to be fetched
        ({"gated": True}, BIG, 100, EVERYTHING, False),  # somebody has to agree to it first
        ({"document": None}, BIG, 100, EVERYTHING, False),  # perhaps to this one too
        ({"name": replace(NAME, hub=DEPOT_HUB)}, BIG, 100, EVERYTHING, False),
        ({}, BIG, 100, VIEWER, False),
        ({}, BIG, 100, replace(MEMBER, scopes=frozenset({Scope.READ})), False),
    ],
)
def test_looks_at_the_beginning_of_a_large_file_are_passed_through(
    mirror: Mirror, changes: dict[str, Any], size: int, stop: int, access: Access, may: bool
) -> None:
    placed = replace(Placed(NAME, COMMIT, document={}), **changes)
    large = File("model.safetensors", size, digest_of(b"x"), FileState.LISTED)
    assert mirror.may_peek(placed, large, stop, caller(access=access)) is may


def test_of_what_is_here_or_offline_nothing_is_passed_through(tools: Tools, hub: AskedHub, mirror: Mirror) -> None:
    large = File("model.safetensors", BIG, digest_of(b"x"), FileState.LISTED)
    placed = Placed(NAME, COMMIT, document={})
    assert not mirror.may_peek(placed, replace(large, state=FileState.STORED), 100, caller())
    assert not made(tools, hub, offline=True).may_peek(placed, large, 100, caller())


@pytest.mark.parametrize("ignores_range", [False, True])
@pytest.mark.parametrize(("start", "stop"), [(0, 10), (500, 501), (9000, 25600), (0, 25600)])
async def test_bytes_straight_from_the_hub(
    mirror: Mirror, hub: AskedHub, ignores_range: bool, start: int, stop: int
) -> None:
    placed = await mirror.place(Named(REPOSITORY), caller())
    listed = await mirror.file(placed, "a.bin")
    if ignores_range:
        hub.ignore_range("a.bin")
    async with mirror.passed_through(placed, listed, start, stop) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == CONTENT[start:stop]
    assert hub.opened == [("a.bin", start)]


async def test_what_the_hub_cannot_give_is_said(mirror: Mirror) -> None:
    placed = await mirror.place(Named(REPOSITORY), caller())
    with pytest.raises(FileMissing):
        async with mirror.passed_through(placed, file("absent.bin"), 0, 10):
            raise AssertionError("nothing is there")


async def test_doubts_are_about_a_blob(mirror: Mirror, database: Database, clock: HandClock) -> None:
    one, other = file("one.bin"), file("other.bin")
    await database.write(lambda connection: doubts.add(connection, one.digest, clock.now()))
    assert [await mirror.is_doubted(each) for each in (one, other)] == [True, False]
    clock.forward(days=90)
    assert not await mirror.is_doubted(one)


async def test_who_may_push(mirror: Mirror, database: Database, clock: HandClock) -> None:
    own = replace(NAME, hub=DEPOT_HUB)

    def work(connection: Connection) -> Entry:
        entry, _ = shelve(connection, clock, name=own)
        connection.execute(update(entries).where(entries.c.id == entry.id).values(owner="bob"))
        found = catalog.get(connection, entry.id)
        assert found is not None
        return found

    pushed = Placed(own, COMMIT, await database.write(work))
    mirror.require_writable(pushed, caller(access=MEMBER))
    mirror.require_writable(pushed, caller())
    refused = [
        (pushed, replace(MEMBER, account="carol")),
        (Placed(own, COMMIT), EVERYTHING),
        (await shelved(database, clock), EVERYTHING),
    ]
    for placed, access in refused:
        with pytest.raises(NotYours):
            mirror.require_writable(placed, caller(access=access))


def test_the_teams_namespaces_are_told(tools: Tools, hub: AskedHub) -> None:
    assert made(tools, hub, namespaces=["team"]).namespaces == ["team"]
