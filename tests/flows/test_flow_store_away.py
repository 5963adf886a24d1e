"""A disk that is not mounted leaves an empty folder behind: nothing is brought, purged or believed lost there."""

import shutil
from pathlib import Path

from sqlalchemy import Connection, select

from steelyard.catalog.models import FileState
from steelyard.catalog.tables import files
from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, StandInHub
from tests.flows.house import House, eventually, open_house, slug

KEPT, GONE, NEW = "org/kept", "org/gone", "org/new"
WEIGHTS = Blob(300_000, 31)
TREES = ("hub", ".steelyard")


def unmount(house: House, away: Path) -> None:
    """What a start does in the empty mount point belongs to it."""
    away.mkdir()
    for name in TREES:
        (house.store / name).rename(away / name)
    house.depot.storage.layout.create()


def mount(house: House, away: Path) -> list[Path]:
    """The disk is back; returns what files the mount point had."""
    found = [path for path in house.store.rglob("*") if path.is_file()]
    for name in TREES:
        shutil.rmtree(house.store / name)
        (away / name).rename(house.store / name)
    return found


def states(connection: Connection) -> list[FileState]:
    """What the table believes of all files."""
    return [FileState(state) for state in connection.execute(select(files.c.state)).scalars()]


async def has_failed_once(house: House, job_id: str) -> bool:
    """A try was in vain, and another one follows."""
    job = await house.job(job_id)
    return job.failures > 0 and job.fault is not None and job.fault.slug == "store-away"


async def test_everything_waits_for_the_disk(hub: StandInHub, home: Path, tmp_path: Path) -> None:
    for model in (KEPT, GONE, NEW):
        hub.add(model, {"model.safetensors": Blob(WEIGHTS.size, len(model))})
    async with open_house(hub, home, care__scan_delay_seconds=1000) as house:
        await house.depot.scans.introduce()
        for model in (KEPT, GONE):
            await house.bring(model)
        await house.http.delete(f"/api/models/{GONE}")
        unmount(house, tmp_path / "away")
        refused = await house.pull(KEPT, expect=503)
        assert (slug(refused), "Mount the disk" in refused["hint"]) == ("store-away", True)
        purge = (await house.http.delete(f"/api/models/{GONE}?purge=true")).json()["job_id"]
        new = (await house.pull(NEW))["job_id"]
        for job_id in (purge, new):
            await eventually(lambda job_id=job_id: has_failed_once(house, job_id), "a try in vain")  # type: ignore[misc]
        assert await house.depot.housekeeping.round() == 0
        assert await house.depot.database.read(states) == [FileState.STORED] * 2
        assert mount(house, tmp_path / "away") == []
        for job_id in (purge, new):
            assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
        assert await house.depot.database.read(states) == [FileState.STORED] * 2
        for folder in ("trash", "foreign"):
            assert list((house.store / ".steelyard" / folder).iterdir()) == []
        assert (await house.pull(KEPT, expect=200))["status"] == "succeeded"


async def test_pages_and_numbers_go_on_without_the_stores_folder(house: House, tmp_path: Path) -> None:
    house.store.rename(tmp_path / "away")
    try:
        page = await house.http.get("/", headers={"Accept": "text/html"})
        assert (page.status_code, " free" in page.text) == (200, False)
        assert (await house.get("/api/v1/store"))["bytes_free"] is None
        health = await house.get("/health")
        assert (health["status"], health["store"]["bytes_free"]) == ("error", None)
    finally:
        (tmp_path / "away").rename(house.store)
    assert (await house.get("/api/v1/store"))["bytes_free"] > 0
