"""Unknown is not missing: when nothing is judged, and when a person must say so first."""

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection

from steelyard.catalog import revisions, store
from steelyard.catalog.care import checks
from steelyard.catalog.care.errors import StoreAway, StoreNotThere
from steelyard.catalog.care.guard import is_still, refuse_doubtful, require_mounted, require_store
from steelyard.catalog.care.tools import CareTools
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.storage.disk import DiskStorage
from steelyard.storage.identity import give_identity, read_identity
from steelyard.testing.clock import HandClock

FILE = File("a.txt", 1, Digest("git", "a" * 40), FileState.STORED)


@pytest.fixture
def tools(database: Database, clock: HandClock, tmp_path: Path) -> Iterator[CareTools]:
    """An empty store."""
    with ThreadPoolExecutor(1) as threads:
        yield CareTools(database, DiskStorage(tmp_path / "store"), threads, clock)


async def hold(tools: CareTools, *repos: str) -> None:
    """Entries with a stored file and a folder each."""

    def shelve(connection: Connection) -> None:
        for repo in repos:
            entry = store.ensure(connection, EntryName("huggingface", Kind.MODEL, repo), None, tools.clock.now())
            revision = revisions.ensure(connection, entry.id, "c" * 40, tools.clock.now())
            revisions.add_files(connection, revision.id, [FILE])

    await tools.database.write(shelve)
    for repo in repos:
        (tools.storage.layout.hub / f"models--{repo}").mkdir()


@pytest.mark.parametrize(
    ("known", "gone", "is_same", "doubtful"),
    [
        (0, 0, False, False), (1, 1, True, False), (1, 1, False, True), (3, 3, True, False), (4, 4, True, True),
        (4, 2, False, False), (4, 3, False, True), (6, 3, True, False), (100, 50, True, False), (100, 51, True, True),
    ],
)  # fmt: skip
def test_how_much_may_be_gone(known: int, gone: int, is_same: bool, doubtful: bool) -> None:
    names = [str(number) for number in range(known)]
    if doubtful:
        with pytest.raises(StoreNotThere, match=f"{gone} of {known}"):
            refuse_doubtful(names, names[gone:], is_same=is_same)
    else:
        refuse_doubtful(names, names[gone:], is_same=is_same)


async def test_a_store_is_named_once(tools: CareTools) -> None:
    ground = await require_store(tools)
    assert read_identity(tools.storage.layout) == ground.identity
    assert (await require_store(tools)).identity == ground.identity
    assert (await tools.database.read(checks.store_record)).identity == ground.identity


async def test_a_missing_hub_is_never_judged(tools: CareTools) -> None:
    tools.storage.layout.hub.rmdir()
    with pytest.raises(StoreNotThere) as raised:
        await require_store(tools)
    assert str(tools.storage.layout.root) not in raised.value.detail
    assert "accept_missing" in (raised.value.hint or "")
    assert (await require_store(tools, accept_missing=True)).names == {}


async def test_another_store_is_judged_only_when_most_is_there(tools: CareTools) -> None:
    await hold(tools, "a", "b")
    ground = await require_store(tools)
    layout = tools.storage.layout
    shutil.rmtree(layout.root)
    layout.create()
    assert not await is_still(tools, ground)
    with pytest.raises(StoreNotThere):
        await require_store(tools)
    assert read_identity(layout) is None
    for repo in ("a", "b"):
        (layout.hub / f"models--{repo}").mkdir()
    again = await require_store(tools)
    assert again.identity != ground.identity
    assert (await tools.database.read(checks.store_record)).identity == again.identity
    assert await is_still(tools, again)


async def test_an_empty_mount_point_never_takes_the_place_of_a_store(tools: CareTools) -> None:
    first = await require_store(tools)
    layout = tools.storage.layout
    shutil.rmtree(layout.root)
    layout.create()
    for _ in range(2):
        with pytest.raises(StoreNotThere, match="another one"):
            await require_store(tools)
    assert read_identity(layout) is None
    assert (await tools.database.read(checks.store_record)).identity == first.identity
    again = await require_store(tools, accept_missing=True)
    assert again.identity != first.identity
    assert (await require_store(tools)).identity == again.identity


async def test_whoever_is_about_to_write_asks_for_the_store_that_is_remembered(tools: CareTools) -> None:
    layout = tools.storage.layout

    async def require() -> None:
        await require_mounted(tools.database, layout, tools.run)

    await require()  # nothing is remembered yet
    await require_store(tools)
    await require()
    (layout.private / "store-id").rename(layout.root / "away")
    with pytest.raises(StoreAway) as raised:
        await require()
    assert (raised.value.status, str(layout.root) in raised.value.detail) == (503, False)
    assert "Mount the disk" in (raised.value.hint or "")
    give_identity(layout)
    with pytest.raises(StoreAway):
        await require()
    (layout.root / "away").replace(layout.private / "store-id")
    await require()


async def test_of_two_that_name_a_store_the_last_is_remembered(tools: CareTools) -> None:
    await asyncio.gather(*(require_store(tools) for _ in range(3)))
    await require_mounted(tools.database, tools.storage.layout, tools.run)
