"""What is found gone or wrong while the rest comes in never counts as complete: the next try brings it."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from steelyard.catalog.models import FileState
from steelyard.catalog.tables import files
from steelyard.jobs.models import Job, JobStatus
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from steelyard.testing.hub import StandInHub
from tests.flows.house import House, contents, eventually, open_house
from tests.flows.importing import FILES, LARGE, RIGHT, start, write

MODEL = "org/name"


class GatedStorage(DiskStorage):
    """Waits at the gate before it writes a reference: everything is in by then, and nothing is complete."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.gate, self.arrived = threading.Event(), threading.Event()

    def write_ref(self, folder: RepoFolder, name: str, commit: str) -> None:
        """Write it once the gate is open."""
        self.arrived.set()
        self.gate.wait(30)
        super().write_ref(folder, name, commit)


@pytest.fixture
def storage(tmp_path: Path) -> GatedStorage:
    """Shut."""
    return GatedStorage(tmp_path / "store")


async def lose(house: House, model: str, storage: GatedStorage, job_id: str) -> Job:
    """Take the weights down at the last moment, as a scan does; the job once it ended."""
    await eventually(lambda: asyncio.to_thread(storage.arrived.wait, 0.01), "everything is in")
    snapshot = next((house.repository(model) / "snapshots").iterdir())
    (snapshot / LARGE).resolve().unlink()
    await house.depot.database.write(_listed)
    storage.gate.set()
    return await house.ended(job_id)


def _listed(connection: Connection) -> None:
    connection.execute(update(files).where(files.c.path == LARGE).values(state=int(FileState.LISTED)))


def _states(connection: Connection) -> set[FileState]:
    return {FileState(state) for state in connection.execute(select(files.c.state)).scalars()}


async def test_a_download_brings_it_with_the_next_try(hub: StandInHub, storage: GatedStorage, tmp_path: Path) -> None:
    commit = hub.add(MODEL, FILES)
    async with open_house(hub, tmp_path / "home", storage, store=tmp_path / "store") as house:
        job = await lose(house, MODEL, storage, (await house.pull(MODEL))["job_id"])
        assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 2)
        assert await house.depot.database.read(_states) == {FileState.STORED}
        assert house.contents(MODEL, commit) == RIGHT
        assert (await house.get(f"/api/models/{MODEL}/exists"))["exists"]


async def test_an_import_brings_it_with_the_next_try(hub: StandInHub, storage: GatedStorage, tmp_path: Path) -> None:
    folder = write(tmp_path / "llama", FILES)
    async with open_house(hub, tmp_path / "home", storage, store=tmp_path / "store") as house:
        job = await lose(house, "llama", storage, (await start(house, folder))["job_id"])
        assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 2)
        assert await house.depot.database.read(_states) == {FileState.STORED}
        [snapshot] = (house.repository("llama") / "snapshots").iterdir()
        assert contents(snapshot) == RIGHT
        assert (await house.get("/api/models/llama/exists"))["exists"]
