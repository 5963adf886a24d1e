"""A full disk: the job pauses by itself, says so, loses nothing, and goes on when there is room."""

import contextlib
import os
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.downloads.fetch import BATCH
from steelyard.jobs.models import JobStatus, PauseReason
from steelyard.storage.disk import DiskStorage
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, open_house

WEIGHTS = Blob(6_000_000, 5)
LARGE = "model.safetensors"
FILES: dict[str, Content] = {"config.json": b"{}", LARGE: WEIGHTS}
RIGHT = {"config.json": b"{}", LARGE: WEIGHTS.read()}
PLENTY = 10**12


class Space:
    """Free bytes as a test wants them; with ``takes`` the disk is full once so many bytes have come in."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.takes: int | None = None

    def __call__(self, root: Path) -> int:
        """What the disk says."""
        if self.takes is None:
            return self.free
        held = 0
        for path in (root / ".steelyard" / "parts").iterdir():
            with contextlib.suppress(FileNotFoundError):  # another file has just become whole
                held += path.stat().st_size
        return self.free if held < self.takes else -1


async def assert_waits(house: House, answer: dict[str, str]) -> None:
    """The job and its request say what they wait for."""
    shown = await house.get(f"/jobs/{answer['job_id']}")
    assert (shown["status"], shown["pause_reason"]) == ("paused", PauseReason.DISK.value)
    assert "free" in shown["error"] or "full" in shown["error"]
    assert "STEELYARD_STORAGE__KEEP_FREE" in shown["hint"]
    assert shown["finished_at"] is None
    record = await house.get(f"/api/v1/downloads/request/{answer['task_id']}")
    assert (record["status"], record["completed_at"]) == ("pending", None)


async def test_a_disk_that_is_too_small_is_noticed_before_the_first_byte(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add("org/name", FILES)
    space = Space(1_000_000)
    storage = DiskStorage(tmp_path / "store", free_bytes=space)
    async with open_house(hub, tmp_path / "home", storage) as house:
        answer = await house.pull("org/name")
        await house.reached(answer["job_id"], JobStatus.PAUSED)
        await assert_waits(house, answer)
        assert hub.ledger.bytes_sent(file=LARGE) == 0
        space.free = PLENTY
        assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED
        assert house.contents("org/name", commit) == RIGHT
        assert (await house.get(f"/api/v1/downloads/request/{answer['task_id']}"))["status"] == "completed"


async def test_the_same_bytes_under_many_names_need_room_once(hub: StandInHub, tmp_path: Path) -> None:
    names = [f"part-{number}.safetensors" for number in range(4)]
    commit = hub.add("org/name", dict.fromkeys(names, WEIGHTS))
    space = Space(1_000_000)
    async with open_house(hub, tmp_path / "home", DiskStorage(tmp_path / "store", free_bytes=space)) as house:
        answer = await house.pull("org/name")
        await house.reached(answer["job_id"], JobStatus.PAUSED)
        space.free = WEIGHTS.size * 2 + house.depot.settings.storage.keep_free
        assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED
        assert house.contents("org/name", commit) == dict.fromkeys(names, WEIGHTS.read())


async def test_a_disk_that_fills_up_on_the_way_loses_nothing(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add("org/name", FILES)
    hub.faults.throttle(f"org/name/{LARGE}", 20_000_000)
    space = Space(PLENTY)
    space.takes = 2_000_000
    storage = DiskStorage(tmp_path / "store", free_bytes=space)
    async with open_house(hub, tmp_path / "home", storage) as house:
        answer = await house.pull("org/name")
        await house.reached(answer["job_id"], JobStatus.PAUSED)
        await assert_waits(house, answer)
        held = house.parts()
        assert 2_000_000 <= held < WEIGHTS.size
        space.takes = None
        assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED
        assert house.contents("org/name", commit) == RIGHT
    assert [one.range for one in hub.ledger.requests(file=LARGE)] == ["bytes=0-", f"bytes={held}-"]


async def test_while_bytes_move_the_disk_is_asked_in_threads_only(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", FILES)
    loop, asked = threading.current_thread(), Counter[bool]()

    def free(_root: Path) -> int:
        asked[threading.current_thread() is loop] += 1
        return PLENTY

    async with open_house(hub, tmp_path / "home", DiskStorage(tmp_path / "store", free_bytes=free)) as house:
        await house.bring("org/name")
    assert asked[False] >= WEIGHTS.size // BATCH
    assert asked[True] <= 2  # before the first byte


async def test_a_person_may_cancel_what_waits_for_room(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", FILES)
    storage = DiskStorage(tmp_path / "store", free_bytes=Space(0))
    async with open_house(hub, tmp_path / "home", storage) as house:
        answer = await house.pull("org/name")
        await house.reached(answer["job_id"], JobStatus.PAUSED)
        assert (await house.post(f"/jobs/{answer['job_id']}/cancel"))["status"] == "cancelled"


async def test_a_pause_by_a_person_does_not_end_by_itself(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/held", FILES)
    hub.add("org/other", {LARGE: Blob(2_000_000, 6)})
    hub.faults.throttle(f"org/held/{LARGE}", 2_000_000)
    space = Space(PLENTY)
    storage = DiskStorage(tmp_path / "store", free_bytes=space)
    async with open_house(hub, tmp_path / "home", storage) as house:
        held = (await house.pull("org/held"))["job_id"]
        await house.moving(held)
        await house.post(f"/jobs/{held}/pause")
        space.free = 0
        waits = (await house.pull("org/other"))["job_id"]
        await house.reached(waits, JobStatus.PAUSED)
        space.free = PLENTY
        assert (await house.ended(waits)).status is JobStatus.SUCCEEDED  # so a sweep has looked at both
        job = await house.job(held)
        assert (job.status, job.pause_reason) == (JobStatus.PAUSED, PauseReason.PERSON)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 8 MiB that is unmounted at the end."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs the right to mount a tmpfs (root): {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(os.name == "nt", reason="needs a tmpfs")
async def test_a_really_full_disk(hub: StandInHub, tmp_path: Path, small_disk: Path) -> None:
    commit = hub.add("org/name", FILES)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(4 * 1024 * 1024))
    # The disk tells of no lack until a write has failed: as if another program filled it in the middle.
    storage = DiskStorage(small_disk / "store", free_bytes=lambda root: PLENTY if _free(root) else 0)
    async with open_house(hub, tmp_path / "home", storage) as house:
        answer = await house.pull("org/name")
        await house.reached(answer["job_id"], JobStatus.PAUSED)
        await assert_waits(house, answer)
        held = house.parts()
        assert 0 < held < WEIGHTS.size
        ballast.unlink()
        assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED
        assert house.contents("org/name", commit) == RIGHT


def _free(root: Path) -> int:
    status = os.statvfs(root)
    return status.f_bavail * status.f_frsize
