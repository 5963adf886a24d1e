"""A reference in the store says what it means at the hub now, however its commit came here."""

from collections.abc import Mapping

from steelyard.core.ref import Kind
from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, eventually

MODEL = "org/name"
LARGE = "model.safetensors"
OLD: Mapping[str, Content] = {"config.json": b"{}"}
NEW: Mapping[str, Content] = {"config.json": b'{"new": 1}'}


def reference(house: House, name: str) -> str:
    """The commit that a reader finds behind a name."""
    return (house.repository(MODEL) / "refs" / name).read_text()


async def test_a_branch_that_moves_to_what_is_here(hub: StandInHub, house: House) -> None:
    old = hub.add(MODEL, OLD)
    await house.bring(MODEL)
    new = hub.add(MODEL, NEW)
    await house.bring(MODEL)
    assert reference(house, "main") == new
    hub.repos.find(Kind.MODEL, MODEL).branches["main"] = old
    assert (await house.pull(MODEL, expect=200))["revision"] == old
    assert reference(house, "main") == old
    assert (await house.get(f"/api/models/{MODEL}/exists", revision="main"))["exists"]


async def test_a_tag_on_what_is_here_gets_its_reference(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, OLD, tag="v1")
    await house.bring(MODEL, revision=commit)
    assert not (house.repository(MODEL) / "refs" / "v1").exists()
    await house.pull(MODEL, revision="v1", expect=200)
    assert reference(house, "v1") == commit


async def test_whoever_joins_under_another_name_gets_his_reference(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, {**OLD, LARGE: Blob(100_000, 3)}, tag="stable")
    hub.faults.delay(f"{MODEL}/{LARGE}", 300)
    job_id = (await house.pull(MODEL))["job_id"]
    assert (await house.pull(MODEL, "bob", revision="stable"))["job_id"] == job_id
    await house.post(f"/jobs/{job_id}/pause")
    hub.faults.clear()
    await house.post(f"/jobs/{job_id}/resume")
    assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
    assert (reference(house, "main"), reference(house, "stable")) == (commit, commit)


async def test_a_branch_may_become_a_folder_of_branches_and_back(hub: StandInHub, house: House) -> None:
    old = hub.add(MODEL, OLD, branch="feature")
    await house.bring(MODEL, revision="feature")
    branches = hub.repos.find(Kind.MODEL, MODEL).branches
    del branches["feature"]
    new = hub.add(MODEL, NEW, branch="feature/x")
    await house.bring(MODEL, revision="feature/x")
    assert reference(house, "feature/x") == new
    branches["feature"] = old
    await house.pull(MODEL, revision="feature", expect=200)
    assert reference(house, "feature") == old


async def test_an_old_job_that_goes_on_late_does_not_turn_a_branch_back(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {**OLD, LARGE: Blob(100_000, 3)})
    hub.faults.delay(f"{MODEL}/{LARGE}", 300)
    late = (await house.pull(MODEL))["job_id"]
    await house.reached(late, JobStatus.RUNNING)
    await house.post(f"/jobs/{late}/pause")
    hub.faults.clear()
    new = hub.add(MODEL, NEW)
    await house.bring(MODEL)
    await house.post(f"/jobs/{late}/resume")
    assert (await house.ended(late)).status is JobStatus.SUCCEEDED
    assert reference(house, "main") == new
    assert (await house.get(f"/api/models/{MODEL}/exists", revision="main"))["exists"]


async def test_what_passed_does_not_stick_to_what_a_person_stops(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {LARGE: Blob(100_000, 3)})
    hub.faults.status(f"{MODEL}/{LARGE}", 503, times=None, headers={"Retry-After": "1"})
    answer = await house.pull(MODEL)

    async def troubled() -> bool:
        return (await house.job(answer["job_id"])).fault is not None

    await eventually(troubled, "the job says what troubles it")
    stopped = await house.post(f"/jobs/{answer['job_id']}/cancel")
    assert (stopped["status"], stopped["error"]) == ("cancelled", None)
    (record,) = await house.requests_of(answer["job_id"])
    assert (record["status"], record["error"]) == ("cancelled", None)


async def test_twins_of_which_one_is_here_are_counted_once(hub: StandInHub, house: House) -> None:
    twins = {"a.txt": b"same", "b.txt": b"same"}
    hub.add(MODEL, {**twins, LARGE: Blob(100_000, 3)})
    await house.bring(MODEL, include=["a.txt"])
    hub.faults.status(f"{MODEL}/{LARGE}", 404, times=None)
    answer = await house.pull(MODEL)
    assert (await house.ended(answer["job_id"])).status is JobStatus.FAILED
    (record,) = await house.requests_of(answer["job_id"])
    assert (record["file_count"], record["completed_files"]) == (3, 2)


async def test_jobs_are_found_by_any_name_of_their_model(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    job = await house.bring("org/name")
    answer = await house.http.patch("/api/models/org/name", json={"aliases": ["chat"]})
    for name in ("org/name", "chat", answer.json()["id"], "org/name@main"):
        assert [one["id"] for one in (await house.get("/jobs", model=name))["jobs"]] == [job.id], name
    assert (await house.get("/jobs", model="org/other"))["count"] == 0
    await house.get("/jobs", expect=422, model="a//b")
