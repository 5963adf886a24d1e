"""An import is a job: it is watched, cancelled, shared, waits for room, and notices files that change under it."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from steelyard.core.digest import Digest
from steelyard.downloads.imports.shapes import ImportReportShape, PlanShape
from steelyard.jobs.models import JobStatus, PauseReason
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from steelyard.testing.hub import Blob, StandInHub
from tests.flows.house import eventually, open_house
from tests.flows.importing import FILES, LARGE, RIGHT, WEIGHTS, bring, fill_cache, finish, rehearse, start, write

SIZE = sum(map(len, RIGHT.values()))


class GatedStorage(DiskStorage):
    """Waits at the gate before it shows a file."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.gate, self.arrived = threading.Event(), threading.Event()

    def show(self, folder: RepoFolder, commit: str, path: str, digest: Digest) -> None:
        """Show it once the gate is open."""
        self.arrived.set()
        self.gate.wait(30)
        super().show(folder, commit, path, digest)


@pytest.fixture
def storage(tmp_path: Path) -> GatedStorage:
    """Shut."""
    return GatedStorage(tmp_path / "store")


async def test_it_is_watched_and_cancelled(hub: StandInHub, storage: GatedStorage, tmp_path: Path) -> None:
    folder = write(tmp_path / "llama", FILES)
    async with open_house(hub, tmp_path / "home", storage, store=tmp_path / "store") as house:
        PlanShape.model_validate(await rehearse(house, folder))
        job_id = (await start(house, folder))["job_id"]
        assert (await start(house, folder))["job_id"] == job_id
        await eventually(lambda: asyncio.to_thread(storage.arrived.wait, 0.01), "the first file is shown")
        running = await house.get(f"/api/v1/imports/{job_id}")
        assert (running["status"], running["models"][0]["state"]) == ("running", "running")
        page = await house.http.get("/", headers={"accept": "text/html"})
        assert page.status_code == 200
        await eventually(lambda: _has_total(house, job_id), "progress is written")
        assert (await house.get("/api/models/llama"))["status"] == "downloading"
        await house.post(f"/jobs/{job_id}/cancel")
        storage.gate.set()
        assert (await house.ended(job_id)).status is JobStatus.CANCELLED
        await eventually(lambda: _is(house, "llama", "failed"), "the model follows its job")
        shown = [path for path in (tmp_path / "store" / "hub").rglob("*") if path.is_symlink()]
        assert len(shown) < len(FILES)  # a file that is on its way when the word comes is shown still
        await house.post(f"/jobs/{job_id}/retry")
        assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
        report = await house.get(f"/api/v1/imports/{job_id}")
        ImportReportShape.model_validate(report)
        assert report["models"][0]["status"] == "imported"
        assert (report["downloaded_bytes"], report["total_bytes"], report["progress"]) == (SIZE, SIZE, 1.0)
        assert (await house.get("/api/models/llama"))["status"] == "ready"


async def _has_total(house: object, job_id: str) -> bool:
    job = await house.job(job_id)  # type: ignore[attr-defined]
    return bool(job.progress.total_bytes == SIZE and job.progress.downloaded_bytes > 0)


async def _is(house: object, model: str, status: str) -> bool:
    return bool((await house.get(f"/api/models/{model}"))["status"] == status)  # type: ignore[attr-defined]


class SmallDisk(DiskStorage):
    """A disk with just so much room."""

    room = 0

    def free_bytes(self) -> int:
        """What the test says."""
        return self.room


async def test_a_copy_waits_for_room_and_a_link_needs_none(hub: StandInHub, tmp_path: Path) -> None:
    folder, storage = write(tmp_path / "llama", FILES), SmallDisk(tmp_path / "store")
    async with open_house(hub, tmp_path / "home", storage, store=tmp_path / "store") as house:
        job_id = (await start(house, folder, copy=True))["job_id"]
        job = await house.reached(job_id, JobStatus.PAUSED, JobStatus.FAILED)
        assert (job.status, job.pause_reason) == (JobStatus.PAUSED, PauseReason.DISK)
        assert not list((tmp_path / "store" / "hub").iterdir())
        linked = write(tmp_path / "other", {LARGE: Blob(2000, 9)})
        assert (await bring(house, linked))["models"][0]["bytes_linked"] == 2000
        storage.room = SIZE - 1
        await asyncio.sleep(0.5)
        assert (await house.job(job_id)).status is JobStatus.PAUSED
        storage.room = 10**12
        assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED


class ChangingStorage(DiskStorage):
    """Somebody writes the source while its other files come in."""

    def __init__(self, root: Path, victim: Path) -> None:
        super().__init__(root)
        self._victim = victim

    def show(self, folder: RepoFolder, commit: str, path: str, digest: Digest) -> None:
        """The first file is shown; the victim changes, and it keeps its size."""
        super().show(folder, commit, path, digest)
        os.utime(self._victim, ns=(1, 1))


@pytest.mark.parametrize("copy", [False, True])
async def test_a_file_that_changes_meanwhile_is_noticed(hub: StandInHub, tmp_path: Path, copy: bool) -> None:
    folder = write(tmp_path / "llama", FILES)
    storage = ChangingStorage(tmp_path / "store", folder / LARGE)
    async with open_house(hub, tmp_path / "home", storage, store=tmp_path / "store") as house:
        [model] = (await finish(house, folder, copy=copy))["models"]
        assert model["status"] == "incomplete"
        [refused] = model["revisions"][0]["refused"]
        assert refused == {"path": LARGE, "reason": "it changed while it was read"}
        assert (await house.get("/api/models/llama"))["status"] == "partial"


async def test_what_is_in_the_trash_is_refused(hub: StandInHub, tmp_path: Path) -> None:
    folder = write(tmp_path / "llama", FILES)
    async with open_house(hub, tmp_path / "home") as house:
        await bring(house, folder)
        assert (await house.http.delete("/api/models/llama")).status_code in {200, 202, 204}
        report = await finish(house, folder)
        assert report["models"][0]["reason"] == "it is in the trash; restore it, or delete it for good first"


async def test_a_wrong_copy_leaves_nothing_behind(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", FILES)
    snapshot = await fill_cache(hub, tmp_path / "hf", "org/name")
    blob = (snapshot / LARGE).resolve()
    blob.chmod(0o644)
    blob.write_bytes(bytes(WEIGHTS.size))
    async with open_house(hub, tmp_path / "home") as house:
        await finish(house, tmp_path / "hf", copy=True)
        assert not list((house.store / ".steelyard" / "parts").iterdir())
        await house.bring("org/name")


async def test_an_import_does_not_end_a_download_that_stopped(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add("org/name", FILES)
    async with open_house(hub, tmp_path / "home", downloads__tries_without_progress=1, jobs__max_tries=1) as house:
        hub.faults.cut_after("org/name/*", 0, times=None)
        stopped = await house.ended((await house.pull("org/name"))["job_id"])
        assert stopped.status is JobStatus.FAILED
        hub.faults.clear()
        await fill_cache(hub, tmp_path / "hf", "org/name", "deep/*")
        [model] = (await bring(house, tmp_path / "hf"))["models"]
        assert (model["status"], model["revisions"][0]["files"]) == ("imported", 1)
        assert (await house.get("/api/models/org/name"))["status"] == "partial"
        assert not (await house.get("/api/models/org/name/exists"))["exists"]
        assert not (house.repository("org/name") / "refs").exists()
        await fill_cache(hub, tmp_path / "hf", "org/name")
        await bring(house, tmp_path / "hf")
        assert (await house.get("/api/models/org/name"))["status"] == "ready"
        assert house.contents("org/name", commit) == RIGHT
        assert (await house.pull("org/name", expect=200))["job_id"] is None
