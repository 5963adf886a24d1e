"""From quarantine to the shelf and back: what is scanned, what follows, and what a crash anywhere leaves."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from steelyard.catalog import revisions, trash_store
from steelyard.catalog import store as catalog
from steelyard.catalog.models import EntryName, File, FileState, ModelStatus
from steelyard.catalog.pickles import store
from steelyard.catalog.pickles.screening import Screening
from steelyard.catalog.pickles.verdict import Allowance, Verdict
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from steelyard.storage.links import is_temporary
from steelyard.testing.clock import HandClock

T = TypeVar("T")
COMMIT, PATH = "a" * 40, "model.bin"
GOOD, EVIL = b"good" * 10, b"evil" * 10
SAFE, UNSAFE = Verdict(True), Verdict(False, ("it imports posix.system",))


@dataclass
class Shelf:
    """A store, its tables, and a scanner that knows one word; ``broken`` work on the disk ends the process."""

    database: Database
    storage: DiskStorage
    clock: HandClock
    scanned: list[bytes] = field(default_factory=list)
    inspected: list[int] = field(default_factory=list)
    verdict: Verdict | None = None
    steps: int = 100

    def scan(self, place: Path) -> Verdict | None:
        """As one that goes by the first word."""
        content = place.read_bytes()
        self.scanned.append(content)
        return self.verdict or (SAFE if content.startswith(b"good") else UNSAFE)

    async def run(self, work: Callable[[], T]) -> T:
        """In no thread; so many steps until the process is killed."""
        self.steps -= 1
        if self.steps < 0:
            raise KeyboardInterrupt
        return work()

    async def inspect(self, revision: int) -> None:
        """Written down only."""
        self.inspected.append(revision)

    def screening(self, scanner: str = "1") -> Screening:
        """As the depot makes it."""
        return Screening(self.database, self.storage, self.clock, self.run, self.inspect, self.scan, scanner)

    async def bring(self, repo: str, content: bytes, *paths: str) -> int:
        """A complete revision whose file waits in quarantine; its key."""
        digest = digest_of(content)
        self.storage.layout.quarantine(digest).write_bytes(content)
        listed = [File(path, len(content), digest, FileState.QUARANTINED) for path in paths or (PATH,)]

        def write(connection: Connection) -> int:
            entry = catalog.ensure(connection, EntryName("huggingface", Kind.MODEL, repo), "alice", self.clock.now())
            revision = revisions.ensure(connection, entry.id, COMMIT, self.clock.now())
            revisions.add_files(connection, revision.id, listed)
            revisions.complete(connection, revision.id, None, self.clock.now())
            return revision.id

        return await self.database.write(write)

    async def state(self, revision: int) -> set[str]:
        """The states of a revision's files."""
        files = await self.database.read(lambda connection: revisions.list_files(connection, revision))
        return {file.state.name for file in files}

    def shown(self, repo: str, path: str = PATH) -> bytes | None:
        """What a reader sees."""
        place = self.storage.layout.snapshot(RepoFolder(Kind.MODEL, repo), COMMIT, path)
        return place.read_bytes() if place.is_file() else None

    def waits(self) -> set[bytes]:
        """What lies in quarantine, under its name."""
        names = [path for path in self.storage.layout.quarantined.iterdir() if not is_temporary(path.name)]
        return {path.read_bytes() for path in names}


def digest_of(content: bytes) -> Digest:
    """Its SHA-256."""
    return Digest("sha256", hashlib.sha256(content).hexdigest())


@pytest.fixture
def shelf(database: Database, tmp_path: Path, clock: HandClock) -> Shelf:
    """An empty one."""
    return Shelf(database, DiskStorage(tmp_path / "store"), clock)


async def allow(shelf: Shelf, content: bytes, at: datetime) -> None:
    """An administrator answers for it."""
    blobs = [(digest_of(content), len(content))]
    await shelf.database.write(lambda c: store.allow(c, blobs, Allowance("ana", at, "ours")))


async def test_what_passes_is_shown_and_the_rest_waits(shelf: Shelf) -> None:
    good, evil = await shelf.bring("org/good", GOOD), await shelf.bring("org/evil", EVIL)
    for revision in (good, evil):
        await shelf.screening().admit(revision)
    assert (await shelf.state(good), await shelf.state(evil)) == ({"STORED"}, {"QUARANTINED"})
    assert (shelf.shown("org/good"), shelf.shown("org/evil"), shelf.waits()) == (GOOD, None, {EVIL})
    entry = await shelf.database.read(lambda c: catalog.find_by_repo(c, Kind.MODEL, "org/good"))
    assert entry is not None
    assert entry.status is ModelStatus.READY
    assert good in shelf.inspected


async def test_bytes_are_scanned_once(shelf: Shelf) -> None:
    for repo in ("org/one", "org/two"):
        await shelf.screening().admit(await shelf.bring(repo, EVIL))
    assert shelf.scanned == [EVIL]


async def test_no_verdict_is_no_release_and_asked_for_again(shelf: Shelf) -> None:
    revision = await shelf.bring("org/name", GOOD)
    shelf.storage.layout.quarantine(digest_of(GOOD)).rename(shelf.storage.layout.root / "away")
    await shelf.screening().admit(revision)
    assert await shelf.state(revision) == {"QUARANTINED"}
    (shelf.storage.layout.root / "away").rename(shelf.storage.layout.quarantine(digest_of(GOOD)))
    assert await shelf.screening().round() == 1
    assert await shelf.state(revision) == {"STORED"}


@pytest.mark.parametrize("steps", range(8))
async def test_killed_anywhere_it_is_never_shown_unscanned(shelf: Shelf, steps: int) -> None:
    revision = await shelf.bring("org/name", GOOD)
    shelf.steps = steps
    with suppress(KeyboardInterrupt):
        await shelf.screening().admit(revision)
    if shelf.shown("org/name") is not None or await shelf.state(revision) == {"STORED"}:
        assert shelf.scanned == [GOOD]
    if await shelf.state(revision) == {"STORED"}:
        assert shelf.shown("org/name") == GOOD
    else:
        assert GOOD in shelf.waits()
    shelf.steps = 100
    await shelf.screening().round()
    assert (await shelf.state(revision), shelf.shown("org/name"), shelf.waits()) == ({"STORED"}, GOOD, set())


@pytest.mark.parametrize("steps", range(8))
async def test_killed_anywhere_what_is_not_allowed_any_more_is_hidden_in_the_end(shelf: Shelf, steps: int) -> None:
    revision = await shelf.bring("org/name", EVIL)
    await allow(shelf, EVIL, shelf.clock.now())
    await shelf.screening().admit(revision)
    assert shelf.shown("org/name") == EVIL
    await shelf.database.write(lambda c: store.disallow(c, [digest_of(EVIL)]))
    shelf.steps = steps
    with suppress(KeyboardInterrupt):
        await shelf.screening().round()
    shelf.steps = 100
    await shelf.screening().round()
    entry = await shelf.database.read(lambda c: catalog.find_by_repo(c, Kind.MODEL, "org/name"))
    assert entry is not None
    await shelf.screening().settle([entry.id])
    assert (await shelf.state(revision), shelf.shown("org/name"), shelf.waits()) == ({"QUARANTINED"}, None, {EVIL})


async def test_a_newer_scanner_looks_again_both_ways(shelf: Shelf) -> None:
    good, evil = await shelf.bring("org/good", GOOD), await shelf.bring("org/evil", EVIL)
    assert await shelf.screening().round() == 2
    assert await shelf.screening().round() == 0
    shelf.verdict = SAFE
    assert await shelf.screening("2").round() == 2
    assert (await shelf.state(good), await shelf.state(evil)) == ({"STORED"}, {"STORED"})
    shelf.verdict = UNSAFE
    assert await shelf.screening("3").round() == 2
    assert (await shelf.state(good), await shelf.state(evil)) == ({"QUARANTINED"}, {"QUARANTINED"})
    assert (shelf.shown("org/good"), shelf.waits()) == (None, {GOOD, EVIL})


async def test_an_allowance_outlives_a_newer_scanner(shelf: Shelf) -> None:
    revision = await shelf.bring("org/evil", EVIL)
    await allow(shelf, EVIL, shelf.clock.now())
    await shelf.screening().round()
    await shelf.screening("2").round()
    assert (await shelf.state(revision), shelf.shown("org/evil")) == ({"STORED"}, EVIL)


async def test_both_names_of_a_pickle_go_together(shelf: Shelf) -> None:
    revision = await shelf.bring("org/name", EVIL, PATH, "same.gguf")
    await allow(shelf, EVIL, shelf.clock.now())
    await shelf.screening().admit(revision)
    assert (shelf.shown("org/name"), shelf.shown("org/name", "same.gguf")) == (EVIL, EVIL)
    await shelf.database.write(lambda c: store.disallow(c, [digest_of(EVIL)]))
    await shelf.screening().round()
    assert (shelf.shown("org/name"), shelf.shown("org/name", "same.gguf")) == (None, None)


async def test_bytes_in_quarantine_for_another_model_stay_there(shelf: Shelf) -> None:
    """It was deleted: its files do not move, and a restore needs them."""
    await shelf.bring("org/deleted", GOOD)
    kept = await shelf.bring("org/kept", GOOD)

    def throw(connection: Connection) -> None:
        entry = catalog.find_by_repo(connection, Kind.MODEL, "org/deleted")
        assert entry is not None
        now = shelf.clock.now()
        assert trash_store.throw(connection, entry.id, "bob", now, now)

    await shelf.database.write(throw)
    await shelf.screening().admit(kept)
    await shelf.screening().round()
    assert (shelf.shown("org/kept"), shelf.waits()) == (GOOD, {GOOD})
