"""A flipped byte of the right size: never visible, fetched again, and named when it stays wrong."""

import asyncio
from pathlib import Path

import pytest

from steelyard.jobs.models import FINAL, JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, contents, open_house

WEIGHTS = Blob(3_000_000, 2)
FILES: dict[str, Content] = {"config.json": b'{"right": true}', "model.safetensors": WEIGHTS}
RIGHT = {"config.json": b'{"right": true}', "model.safetensors": WEIGHTS.read()}
FILE_AND_OFFSET = [("model.safetensors", 2_000_000), ("model.safetensors", 0), ("config.json", 3)]


async def wrong_files_while(house: House, job_id: str, commit: str) -> set[str]:
    """Watches ``hub/`` until the job ends: every file ever seen there whose bytes are not right."""
    right, wrong = {*RIGHT.values(), commit.encode()}, set[str]()
    live = True
    while live:
        live = (await house.job(job_id)).status not in FINAL
        wrong |= {path for path, data in contents(house.store / "hub").items() if data not in right}
        await asyncio.sleep(0.005)
    return wrong


@pytest.mark.parametrize(("file", "offset"), FILE_AND_OFFSET)
async def test_a_flipped_byte_is_fetched_again_and_never_seen(
    hub: StandInHub, house: House, file: str, offset: int
) -> None:
    commit = hub.add("org/name", FILES)
    flip = hub.faults.flip(f"org/name/{file}", offset)
    answer = await house.pull("org/name")
    assert await wrong_files_while(house, answer["job_id"], commit) == set()
    assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED
    assert flip.acted == 1
    assert house.contents("org/name", commit) == RIGHT
    assert len(hub.ledger.requests(method="GET", file=file)) == 2
    assert hub.ledger.bytes_sent(file=file) == 2 * len(RIGHT[file])


@pytest.mark.parametrize(("file", "offset"), FILE_AND_OFFSET)
async def test_a_byte_that_stays_wrong_fails_the_job_and_names_the_file(
    hub: StandInHub, house: House, file: str, offset: int
) -> None:
    commit = hub.add("org/name", FILES)
    hub.faults.flip(f"org/name/{file}", offset, times=None)
    answer = await house.pull("org/name")
    assert await wrong_files_while(house, answer["job_id"], commit) == set()
    job = await house.get(f"/jobs/{answer['job_id']}")
    assert job["status"] == "failed"
    assert file in job["error"]
    assert job["hint"]
    assert len(hub.ledger.requests(method="GET", file=file)) == house.depot.settings.downloads.verify_tries

    record = await house.get(f"/api/v1/downloads/request/{answer['task_id']}")
    assert (record["status"], record["error"]) == ("failed", job["error"])
    exists = await house.get("/api/models/org/name/exists")
    assert exists["exists"] is False
    assert not (house.repository("org/name") / "refs" / "main").exists()
    seen = house.contents("org/name", commit)
    assert file not in seen
    assert {data in RIGHT.values() for data in seen.values()} <= {True}


async def test_the_repaired_file_comes_after_a_retry(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", FILES)
    hub.faults.flip("org/name/model.safetensors", 5, times=None)
    answer = await house.pull("org/name")
    assert (await house.ended(answer["job_id"])).status is JobStatus.FAILED
    hub.faults.clear()
    await house.post(f"/jobs/{answer['job_id']}/retry")
    assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED
    assert house.contents("org/name", commit) == RIGHT
    assert (await house.get(f"/api/v1/downloads/request/{answer['task_id']}"))["status"] == "completed"
    assert (await house.get("/api/models/org/name"))["stats"]["download_count"] == 1


async def test_a_file_that_is_too_short_is_no_file(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add("org/name", FILES)
    hub.faults.wrong_size("org/name/model.safetensors", 7)
    async with open_house(hub, tmp_path / "home") as house:
        await house.bring("org/name")
        assert house.contents("org/name", commit) == RIGHT


async def test_a_wrong_byte_from_an_earlier_try_is_thrown_away(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", FILES)
    hub.faults.flip("org/name/model.safetensors", 10)
    hub.faults.cut_after("org/name/model.safetensors", 1_000_000)
    await house.bring("org/name")
    assert house.contents("org/name", commit) == RIGHT
