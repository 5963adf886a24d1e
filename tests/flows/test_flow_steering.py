"""Pause, resume, cancel, retry and delete of a download that really moves."""

import asyncio
from pathlib import Path

import pytest

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, eventually, open_house, slug

WEIGHTS = Blob(4_000_000, 11)
LARGE = "model.safetensors"
FILES: dict[str, Content] = {"config.json": b"{}", LARGE: WEIGHTS}
SLOW = 2_000_000  # bytes a second: nothing ends before a test wants it to


async def start(hub: StandInHub, house: House) -> str:
    """A slow download that is under way; its job's id."""
    hub.add("org/name", FILES)
    hub.faults.throttle(f"org/name/{LARGE}", SLOW)
    job_id = str((await house.pull("org/name"))["job_id"])
    await house.moving(job_id)
    return job_id


async def bytes_have_stopped(hub: StandInHub, house: House) -> None:
    """No connection to the hub is open, and then nothing grows any more."""

    async def closed() -> bool:
        return all(one.ended for one in hub.ledger.requests(file=LARGE))

    await eventually(closed, "every connection to the hub is closed", patience=10)
    before = (hub.ledger.bytes_sent(), house.parts(), len(hub.ledger.requests()))
    await asyncio.sleep(0.3)
    assert (hub.ledger.bytes_sent(), house.parts(), len(hub.ledger.requests())) == before


async def test_cancel_stops_the_bytes(hub: StandInHub, house: House) -> None:
    job_id = await start(hub, house)
    assert (await house.post(f"/jobs/{job_id}/cancel"))["status"] == "cancelled"
    await bytes_have_stopped(hub, house)
    job = await house.get(f"/jobs/{job_id}")
    assert (job["status"], job["bytes_per_second"], job["eta_seconds"]) == ("cancelled", None, None)
    assert job["finished_at"]
    (record,) = await house.requests_of(job_id)
    assert record["status"] == "cancelled"
    assert (await house.get("/api/models/org/name/exists"))["exists"] is False


@pytest.mark.parametrize("verb", ["cancel", "pause"])
async def test_a_hub_that_stalls_does_not_hold_the_job(hub: StandInHub, house: House, verb: str) -> None:
    hub.add("org/name", FILES)
    hub.faults.stall(f"org/name/{LARGE}", 1_500_000, seconds=300)
    job_id = (await house.pull("org/name"))["job_id"]
    await house.moving(job_id)
    await house.post(f"/jobs/{job_id}/{verb}")
    await bytes_have_stopped(hub, house)


async def test_pause_and_resume_lose_nothing(hub: StandInHub, house: House) -> None:
    job_id = await start(hub, house)
    paused = await house.post(f"/jobs/{job_id}/pause")
    assert (paused["status"], paused["pause_reason"]) == ("paused", "person")
    await bytes_have_stopped(hub, house)
    (record,) = await house.requests_of(job_id)
    assert record["status"] == "pending"
    held = house.parts()
    hub.faults.clear()
    assert (await house.post(f"/jobs/{job_id}/resume"))["status"] == "queued"
    assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
    assert [one.range for one in hub.ledger.requests(file=LARGE)] == ["bytes=0-", f"bytes={held}-"]


async def test_retry_after_cancel_goes_on_where_it_stopped(hub: StandInHub, house: House) -> None:
    job_id = await start(hub, house)
    await house.post(f"/jobs/{job_id}/cancel")
    await bytes_have_stopped(hub, house)
    held = house.parts()
    assert held > 0
    hub.faults.clear()
    await house.post(f"/jobs/{job_id}/retry")
    job = await house.ended(job_id)
    assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 2)
    assert hub.ledger.requests(file=LARGE)[-1].range == f"bytes={held}-"
    (record,) = await house.requests_of(job_id)
    assert record["status"] == "completed"


async def test_a_new_pull_after_a_cancel_uses_what_came_in(hub: StandInHub, house: House) -> None:
    job_id = await start(hub, house)
    await house.post(f"/jobs/{job_id}/cancel")
    await bytes_have_stopped(hub, house)
    held = house.parts()
    hub.faults.clear()
    second = await house.bring("org/name")
    assert second.id != job_id
    assert hub.ledger.requests(file=LARGE)[-1].range == f"bytes={held}-"


async def test_delete_forgets_what_ended_and_nothing_else(hub: StandInHub, house: House) -> None:
    job_id = await start(hub, house)
    refused = await house.http.delete(f"/jobs/{job_id}")
    assert (refused.status_code, slug(refused.json())) == (409, "job-in-wrong-state")
    await house.post(f"/jobs/{job_id}/cancel")
    assert (await house.http.delete(f"/jobs/{job_id}")).status_code == 204
    assert slug(await house.get(f"/jobs/{job_id}", expect=404)) == "job-missing"
    assert (await house.http.delete(f"/jobs/{job_id}")).status_code == 404
    assert (await house.get("/api/v1/downloads/history"))["count"] == 1


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume", "retry"])
async def test_a_job_that_succeeded_stays_as_it_is(hub: StandInHub, house: House, verb: str) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    job = await house.bring("org/name")
    problem = await house.post(f"/jobs/{job.id}/{verb}", expect=409)
    assert slug(problem) == "job-in-wrong-state"
    assert "succeeded" in problem["detail"]
    assert (await house.job(job.id)).status is JobStatus.SUCCEEDED


async def test_a_shelved_model_stays_when_its_job_is_forgotten(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    job = await house.bring("org/name")
    await house.http.delete(f"/jobs/{job.id}")
    answer = await house.pull("org/name", expect=200)
    assert answer["status"] == "succeeded"
    assert (await house.get("/api/models/org/name"))["status"] == "ready"


async def test_retry_while_the_same_work_is_under_way(hub: StandInHub, house: House) -> None:
    job_id = await start(hub, house)
    await house.post(f"/jobs/{job_id}/cancel")
    second = await house.pull("org/name")
    problem = await house.post(f"/jobs/{job_id}/retry", expect=409)
    assert second["job_id"] in problem["detail"]


async def test_a_stopped_depot_goes_on_after_the_next_start(hub: StandInHub, tmp_path: Path) -> None:
    async with open_house(hub, tmp_path / "home") as house:
        job_id = await start(hub, house)
    async with open_house(hub, tmp_path / "home") as house:
        hub.faults.clear()
        job = await house.ended(job_id)
        assert (job.status, job.attempt, job.failures) == (JobStatus.SUCCEEDED, 2, 0)
    ranges = [one.range for one in hub.ledger.requests(file=LARGE)]
    assert ranges[0] == "bytes=0-"
    assert ranges[1] not in (None, "bytes=0-")


async def test_high_goes_before_low(hub: StandInHub, house: House) -> None:
    for number in range(3):
        hub.add(f"org/slow-{number}", FILES)
    hub.faults.throttle(f"*/{LARGE}", SLOW)
    running = [(await house.pull(f"org/slow-{number}"))["job_id"] for number in range(3)]
    for job_id in running:
        await house.reached(job_id, JobStatus.RUNNING)
    for word in ("low", "high"):
        hub.add(f"org/{word}", {"config.json": word.encode()})
    low = await house.pull("org/low", priority="low")
    high = await house.pull("org/high", priority="high")
    assert (low["position"], high["position"]) == (0, 0)
    again = await house.pull("org/low", "bob", priority="low")
    assert (again["job_id"], again["position"]) == (low["job_id"], 1)
    await house.post(f"/jobs/{running[0]}/cancel")
    first, second = await house.ended(high["job_id"]), await house.ended(low["job_id"])
    assert first.started_at is not None
    assert second.started_at is not None
    assert first.started_at < second.started_at
