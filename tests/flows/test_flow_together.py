"""Many ask for the same thing: one job, one fetch, a record for each, and everybody may call off only their own."""

import asyncio

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, eventually, slug

WEIGHTS = Blob(3_000_000, 1)
FILES: dict[str, Content] = {"config.json": b"{}", "model.safetensors": WEIGHTS, "README.md": b"# Hello\n"}
SIZES = {"config.json": 2, "model.safetensors": 3_000_000, "README.md": 8}
USERS = [f"user-{number:02d}" for number in range(20)]


async def test_twenty_at_once_share_one_job_and_one_fetch(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    hub.faults.throttle("org/name/model.safetensors", 1_500_000)
    answers = await asyncio.gather(*(house.pull("org/name", user) for user in USERS))
    (job_id,) = {answer["job_id"] for answer in answers}
    assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
    assert len({answer["task_id"] for answer in answers}) == 20

    fetched = {file: [one.bytes_sent for one in hub.ledger.requests(method="GET", file=file)] for file in SIZES}
    assert fetched == {file: [size] for file, size in SIZES.items()}

    records = await house.requests_of(job_id)
    assert sorted(record["username"] for record in records) == USERS
    assert {record["status"] for record in records} == {"completed"}
    stats = (await house.get("/api/models/org/name"))["stats"]
    earliest = min(records, key=lambda record: record["id"])
    assert stats["first_downloaded_by"] == earliest["username"]
    assert stats["first_downloaded_at"] == earliest["timestamp"]
    assert stats["first_downloaded_from"] == earliest["vpn_ip"] == "127.0.0.1"
    assert stats["download_count"] == 20
    assert (await house.get("/jobs"))["count"] == 1


async def test_one_cancels_and_the_others_keep_theirs(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    slow = hub.faults.throttle("org/name/model.safetensors", 200_000)
    answers = [await house.pull("org/name", user) for user in USERS[:3]]
    job_id = answers[0]["job_id"]
    await house.reached(job_id, JobStatus.RUNNING)
    gone = await house.post(f"/api/v1/downloads/request/{answers[0]['task_id']}/cancel")
    assert (gone["status"], gone["job_id"]) == ("cancelled", None)
    assert (await house.job(job_id)).is_live

    assert slow.times is None
    await house.post(f"/jobs/{job_id}/pause")
    hub.faults.clear()
    await house.post(f"/jobs/{job_id}/resume")
    assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
    history = await house.get("/api/v1/downloads/history")
    assert {line["username"]: line["status"] for line in history["requests"]} == {
        USERS[0]: "cancelled", USERS[1]: "completed", USERS[2]: "completed"
    }  # fmt: skip
    stats = (await house.get("/api/models/org/name"))["stats"]
    assert (stats["download_count"], stats["first_downloaded_by"]) == (2, USERS[1])


async def test_the_last_one_to_cancel_stops_the_job(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    hub.faults.throttle("org/name/model.safetensors", 2_000_000)
    answers = [await house.pull("org/name", user) for user in USERS[:2]]
    await house.moving(answers[0]["job_id"])
    for answer in answers:
        await house.post(f"/api/v1/downloads/request/{answer['task_id']}/cancel")
    assert (await house.job(answers[0]["job_id"])).status is JobStatus.CANCELLED

    async def closed() -> bool:
        return all(one.ended for one in hub.ledger.requests(file="model.safetensors"))

    await eventually(closed, "the connection to the hub is closed")
    again = await house.http.post(f"/api/v1/downloads/request/{answers[0]['task_id']}/cancel")
    assert (again.status_code, slug(again.json())) == (409, "request-ended")
    assert {line["status"] for line in (await house.get("/api/v1/downloads/history"))["requests"]} == {"cancelled"}


async def test_two_revisions_that_share_a_blob_fetch_it_once(hub: StandInHub, house: House) -> None:
    first = hub.add("org/name", {**FILES, "config.json": b'{"a": 1}'}, tag="v1")
    second = hub.add("org/name", {**FILES, "config.json": b'{"a": 2}'}, tag="v2")
    hub.faults.throttle("org/name/model.safetensors", 5_000_000)
    answers = await asyncio.gather(house.pull("org/name@v1"), house.pull("org/name@v2"))
    assert len({answer["job_id"] for answer in answers}) == 2
    for answer in answers:
        assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED
    assert hub.ledger.bytes_sent(file="model.safetensors") == WEIGHTS.size
    for commit in (first, second):
        assert house.contents("org/name", commit)["model.safetensors"] == WEIGHTS.read()
    assert house.contents("org/name", second)["config.json"] == b'{"a": 2}'


async def test_two_repositories_that_share_a_blob_fetch_it_once(hub: StandInHub, house: House) -> None:
    hub.add("org/one", FILES)
    hub.add("org/two", FILES)
    hub.faults.throttle("*/model.safetensors", 5_000_000)
    answers = await asyncio.gather(house.pull("org/one"), house.pull("org/two"))
    for answer in answers:
        assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED
    assert hub.ledger.bytes_sent(file="model.safetensors") == WEIGHTS.size
