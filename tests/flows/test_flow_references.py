"""A reference in the store says what it means at the hub now, however its commit came here."""

from collections.abc import Mapping

from steelyard.core.ref import Kind
from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House

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
