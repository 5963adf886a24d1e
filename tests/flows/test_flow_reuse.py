"""What is here is used, what is gone is brought again, and nothing is written by two at once."""

import asyncio
import errno
import shutil
import stat
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from steelyard.catalog.blobs import seals_of
from steelyard.core.digest import Digest
from steelyard.core.ids import parse_catalog_id
from steelyard.core.ref import Kind
from steelyard.db.lock import DatabaseInUse
from steelyard.jobs.models import JobStatus, PauseReason
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import fingerprint
from steelyard.storage.part import PartFile
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import PATIENCE, House, make_depot, open_house
from tests.flows.importing import bring as take
from tests.flows.importing import write

MODEL = "org/name"
LARGE = "model.safetensors"
WEIGHTS = Blob(3_000_000, 21)
FILES: dict[str, Content] = {"config.json": b"{}", LARGE: WEIGHTS}
RIGHT = {"config.json": b"{}", LARGE: WEIGHTS.read()}


async def test_the_same_bytes_under_two_paths_are_shown_where_they_are_wanted(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, {"a.safetensors": WEIGHTS, "b.safetensors": WEIGHTS})
    await house.bring(MODEL, include=["a.*"])
    assert set(house.contents(MODEL, commit)) == {"a.safetensors"}
    assert await exists(house, "a.safetensors")
    assert not await exists(house, "b.safetensors")
    await house.bring(MODEL)
    assert set(house.contents(MODEL, commit)) == {"a.safetensors", "b.safetensors"}
    assert await exists(house, "b.safetensors")
    assert hub.ledger.bytes_sent(call="resolve") == WEIGHTS.size


@pytest.mark.parametrize("imported", [False, True], ids=["downloaded", "imported"])
async def test_bytes_on_the_shelf_stay_known_when_the_same_wait_in_quarantine(
    hub: StandInHub, house: House, tmp_path: Path, imported: bool
) -> None:
    folder, name = tmp_path / "org" / "name", "folder/name" if imported else MODEL
    listed: dict[str, Content] = {}
    for new in ("a.dat", "b.bin"):
        listed[new] = b"weights"
        if imported:  # by links: writing the first file a second time would change the blob on the shelf as well
            await take(house, write(folder, {new: b"weights"}), name=name)
        else:
            hub.add(MODEL, dict(listed))
            await house.bring(MODEL)
    [blob] = (house.repository(name) / "blobs").iterdir()
    [waiting] = (house.store / ".steelyard" / "quarantine").iterdir()
    assert waiting.read_bytes() == blob.read_bytes()
    entry = parse_catalog_id((await house.get(f"/api/models/{name}"))["id"]) or 0
    [seals] = (await house.depot.database.read(lambda connection: seals_of(connection, [entry]))).values()
    assert [seal.file for seal in seals.values()] == [fingerprint(blob)]


async def exists(house: House, file: str) -> bool:
    """Whether the depot says that a file is here."""
    return bool((await house.get(f"/api/models/{MODEL}/exists", file=file))["exists"])


@pytest.mark.parametrize("what", ["link", "folder", "all"])
async def test_a_lost_snapshot_is_repaired_without_fetching(hub: StandInHub, house: House, what: str) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    snapshots = house.repository(MODEL) / "snapshots"
    if what == "link":
        (snapshots / commit / LARGE).unlink()
    else:
        shutil.rmtree(snapshots / commit if what == "folder" else snapshots)
    sent = len(hub.ledger.requests(call="resolve"))
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == RIGHT
    assert len(hub.ledger.requests(call="resolve")) == sent
    assert (await house.pull(MODEL, expect=200))["status"] == "succeeded"


async def test_only_what_is_really_lost_is_fetched(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    place = house.repository(MODEL) / "snapshots" / commit / "config.json"
    place.resolve().unlink()
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == RIGHT
    assert len(hub.ledger.requests(file=LARGE)) == 1


def test_a_part_that_a_crash_left_read_only_can_be_written(tmp_path: Path) -> None:
    storage, digest = DiskStorage(tmp_path), Digest("sha256", "a" * 64)
    storage.open_part(digest).close()
    part = storage.layout.part(digest)
    part.chmod(0o444)
    with storage.open_part(digest) as opened:
        opened.write(0, b"more")
    assert stat.S_IMODE(part.stat().st_mode) == 0o600


async def test_and_the_next_pull_goes_on_with_it(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    sha256 = hub.repos.find(Kind.MODEL, MODEL).commits[commit].files[LARGE].sha256
    part = house.depot.storage.layout.part(Digest("sha256", sha256))
    part.write_bytes(WEIGHTS.read())
    part.chmod(0o444)
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == RIGHT
    assert hub.ledger.requests(file=LARGE) == []
    assert house.parts() == 0


class FullStorage(DiskStorage):
    """A disk that has no room for one more file, though the free bytes look fine."""

    is_full = True

    def open_part(self, digest: Digest) -> PartFile:
        """The part, or ENOSPC."""
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().open_part(digest)

    def free_bytes(self) -> int:
        """Plenty, once there is room: the sweep looks here."""
        return 10**12


async def test_no_room_for_a_new_file_is_a_pause(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add(MODEL, FILES)
    storage = FullStorage(tmp_path / "store")
    async with open_house(hub, tmp_path / "home", storage, jobs__sweep_seconds=300) as house:
        job_id = (await house.pull(MODEL))["job_id"]
        job = await house.reached(job_id, JobStatus.PAUSED, JobStatus.FAILED)
        assert (job.status, job.pause_reason) == (JobStatus.PAUSED, PauseReason.DISK)
        storage.is_full = False
        await house.post(f"/jobs/{job_id}/resume")
        assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
        assert house.contents(MODEL, commit) == RIGHT


class WatchedStorage(DiskStorage):
    """Notes how many hold the same part file open."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.opened: Counter[Digest] = Counter()
        self.most = 0

    def open_part(self, digest: Digest) -> PartFile:
        """The part, counted until it is closed."""
        part = WatchedPart(self.layout.part(digest))
        part.watched = (self.opened, digest)
        self.opened[digest] += 1
        self.most = max(self.most, self.opened[digest])
        return part


class WatchedPart(PartFile):
    """Takes itself off the list when it is closed, once. Slow, so that an old attempt still writes as a new begins."""

    watched: tuple[Counter[Digest], Digest] | None = None

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Take a while."""
        time.sleep(0.005)
        super().write(offset, data)

    def close(self) -> None:
        """Let go."""
        super().close()
        if self.watched is not None:
            opened, digest = self.watched
            opened[digest] -= 1
            self.watched = None


async def test_pause_and_resume_in_quick_succession(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add(MODEL, FILES)
    hub.faults.throttle(f"{MODEL}/{LARGE}", 4_000_000)
    storage = WatchedStorage(tmp_path / "store")
    async with open_house(hub, tmp_path / "home", storage) as house:
        job_id = (await house.pull(MODEL))["job_id"]
        await house.moving(job_id)
        for _ in range(10):
            await house.post(f"/jobs/{job_id}/pause")
            await house.post(f"/jobs/{job_id}/resume")
            await house.reached(job_id, JobStatus.RUNNING)
            await asyncio.sleep(0.02)
        hub.faults.clear()
        assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
        assert house.contents(MODEL, commit) == RIGHT
        assert hub.ledger.requests(file=LARGE)
    assert storage.most == 1
    assert storage.opened.total() == 0


async def test_a_pull_is_answered_while_all_byte_threads_are_busy(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, FILES)
    await house.bring(MODEL)
    release, loop, threads = threading.Event(), asyncio.get_running_loop(), house.depot.threads[0]
    busy = [loop.run_in_executor(threads, release.wait) for _ in range(64)]
    asking = asyncio.create_task(house.pull(MODEL, expect=200))
    try:
        await asyncio.wait({asking}, timeout=PATIENCE)  # not wait_for: whoever waits for a thread cannot be cancelled
        assert asking.done()
        assert asking.result()["status"] == "succeeded"
        assert not any(one.done() for one in busy)
    finally:
        release.set()
        await asyncio.gather(*busy)


async def test_a_second_depot_on_the_same_store_is_refused(hub: StandInHub, tmp_path: Path) -> None:
    store = tmp_path / "store"
    async with open_house(hub, tmp_path / "one", store=store):
        with pytest.raises(DatabaseInUse) as refusal:
            make_depot(tmp_path / "two", hub, store=store)
        assert "--store" in (refusal.value.hint or "")
    async with open_house(hub, tmp_path / "two", store=store) as house:
        hub.add(MODEL, FILES)
        await house.bring(MODEL)
