"""What the hub refuses for good is said at once, with the step that helps, and stands in the history."""

from pathlib import Path

import pytest

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, StandInHub
from tests.flows.house import House, open_house, slug

FILES = {"config.json": b"{}"}


@pytest.mark.parametrize(
    ("model", "status", "kind", "hint"),
    [
        ("org/absent", 404, "repository-missing", "spelling"),
        ("org/name@absent", 404, "revision-missing", "branches"),
        ("org/name@" + "0" * 40, 404, "revision-missing", "branches"),
    ],
)
async def test_what_is_not_there(hub: StandInHub, house: House, model: str, status: int, kind: str, hint: str) -> None:
    hub.add("org/name", FILES)
    problem = await house.pull(model, "alice", expect=status)
    assert (slug(problem), problem["status"]) == (kind, status)
    assert hint in problem["hint"]
    (record,) = (await house.get("/api/v1/downloads/history"))["requests"]
    assert (record["status"], record["username"], record["job_id"]) == ("failed", "alice", None)
    assert record["error"] == problem["detail"]
    assert record["completed_at"]
    assert (await house.get("/jobs"))["count"] == 0
    assert (await house.get("/api/models"))["count"] == 0


@pytest.mark.parametrize("token", [None, "hf_wrong_and_made_up"])
async def test_a_gated_repository_says_which_page_to_accept(hub: StandInHub, tmp_path: Path, token: str | None) -> None:
    hub.add("org/closed", FILES, gated=True)
    async with open_house(hub, tmp_path / "home", huggingface__token=token) as house:
        problem = await house.pull("org/closed", "alice", expect=403)
        assert slug(problem) == "access-refused"
        assert "HF_TOKEN" in problem["hint"]
        assert f"{hub.url}/org/closed" in problem["hint"]
        assert "hf_wrong_and_made_up" not in str(problem)
        (record,) = (await house.get("/api/v1/downloads/history"))["requests"]
        assert (record["status"], record["error"]) == ("failed", problem["detail"])
        assert (await house.get("/jobs"))["count"] == 0


async def test_a_gate_that_closes_on_the_way_fails_the_job_with_the_same_words(hub: StandInHub, house: House) -> None:
    hub.add("org/closing", FILES)
    hub.faults.status("org/closing/*", 403, times=None)
    answer = await house.pull("org/closing")
    job = await house.ended(answer["job_id"])
    shown = await house.get(f"/jobs/{job.id}")
    assert (job.status, job.attempt) == (JobStatus.FAILED, 1)
    assert f"{hub.url}/org/closing" in shown["hint"]


async def test_a_download_that_just_failed_is_not_started_again_at_once(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"model.safetensors": Blob(2_000_000, 10)})
    hub.faults.flip("org/name/*", 5, times=None)
    first = await house.pull("org/name", "alice")
    await house.ended(first["job_id"])
    answer = await house.http.post("/pull", json={"model": "org/name", "username": "bob"})
    problem = answer.json()
    assert (answer.status_code, slug(problem)) == (429, "cooling-down")
    assert 1 <= int(answer.headers["Retry-After"]) <= house.depot.settings.downloads.cooldown_seconds
    assert f"/jobs/{first['job_id']}/retry" in problem["hint"]
    assert (await house.get("/jobs"))["count"] == 1


async def test_without_a_cooldown_a_new_job_tries_again(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", {"model.safetensors": Blob(2_000_000, 10)})
    hub.faults.flip("org/name/*", 5, times=3)
    async with open_house(hub, tmp_path / "home", downloads__cooldown_seconds=0) as house:
        first = await house.pull("org/name")
        assert (await house.ended(first["job_id"])).status is JobStatus.FAILED
        second = await house.bring("org/name")
        assert second.id != first["job_id"]
        assert (await house.get("/api/models/org/name"))["status"] == "ready"


async def test_an_unknown_catalog_id_is_not_looked_for_upstream(hub: StandInHub, house: House) -> None:
    problem = await house.pull("m~zzzz", expect=404)
    assert problem["hint"]
    assert hub.ledger.requests() == []
