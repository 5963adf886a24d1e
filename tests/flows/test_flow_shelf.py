"""What is here already, what is only partly here, and what may not be shown."""

from pathlib import Path

import pytest

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, open_house

WEIGHTS = Blob(1_500_000, 7)
FILES: dict[str, Content] = {
    "config.json": b"{}", "model.safetensors": WEIGHTS, "onnx/model.onnx": Blob(300_000, 8), "README.md": b"# Read\n"
}  # fmt: skip


async def test_what_is_here_is_answered_at_once_with_a_record_of_its_own(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", FILES)
    job = await house.bring("org/name", "alice")
    hub.ledger.clear()
    answer = await house.pull("org/name", "bob", expect=200)
    assert (answer["status"], answer["revision"], answer["job_id"]) == ("succeeded", commit, job.id)
    record = await house.get(f"/api/v1/downloads/request/{answer['task_id']}")
    assert (record["status"], record["username"], record["file_count"]) == ("completed", "bob", 4)
    assert record["completed_files"] == 4
    assert record["total_size"] == WEIGHTS.size + 300_000 + 2 + 7
    assert record["completed_at"]
    assert hub.ledger.requests(call="resolve") == []
    stats = (await house.get("/api/models/org/name"))["stats"]
    assert (stats["download_count"], stats["first_downloaded_by"]) == (2, "alice")


async def test_uses_and_downloads_are_counted_apart(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    await house.bring("org/name", "alice")
    for _ in range(3):
        await house.pull("org/name", "alice", expect=200)
    await house.pull("org/name", "bob", expect=200)
    hub.add("org/name", {**FILES, "config.json": b'{"new": 1}'})
    await house.bring("org/name", "alice")
    stats = (await house.get("/api/models/org/name"))["stats"]
    assert (stats["download_count"], stats["uses"]) == (6, 3)
    assert stats["first_used_at"] < stats["last_used_at"]


async def test_a_wider_pull_fetches_only_the_rest(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", FILES)
    first = await house.bring("org/name", include=["*.json", "*.md"])
    assert first.progress.total_bytes == 2 + 7
    assert set(house.contents("org/name", commit)) == {"config.json", "README.md"}
    assert (await house.get("/api/models/org/name"))["status"] == "ready"
    whole = await house.get("/api/models/org/name/exists", file="model.safetensors")
    assert whole["exists"] is False
    hub.ledger.clear()
    await house.bring("org/name", exclude=["onnx/"])
    assert {one.file for one in hub.ledger.requests(call="resolve")} == {"model.safetensors"}
    hub.ledger.clear()
    await house.bring("org/name")
    assert {one.file for one in hub.ledger.requests(call="resolve")} == {"onnx/model.onnx"}
    assert set(house.contents("org/name", commit)) == set(FILES)
    await house.pull("org/name", expect=200, include=["*.md"])


async def test_a_selection_without_a_file_fails_in_clear_words(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    answer = await house.pull("org/name", include=["*.gguf"])
    assert (await house.ended(answer["job_id"])).status is JobStatus.FAILED
    job = await house.get(f"/jobs/{answer['job_id']}")
    assert "matches" in job["error"]
    assert "README.md" in job["hint"]


async def test_a_revision_is_pinned_by_tag_and_by_commit(hub: StandInHub, house: House) -> None:
    old = hub.add("org/name", {"config.json": b'{"version": 1}'}, tag="v1")
    new = hub.add("org/name", {"config.json": b'{"version": 2}'})
    by_tag = await house.bring("org/name@v1")
    assert by_tag.revision == old
    assert (house.repository("org/name") / "refs" / "v1").read_text() == old
    assert not (house.repository("org/name") / "refs" / "main").exists()
    assert (await house.pull("org/name", revision=old, expect=200))["revision"] == old
    assert (await house.bring("org/name")).revision == new
    assert (house.repository("org/name") / "refs" / "main").read_text() == new
    model = await house.get("/api/models/org/name")
    assert model["revision"] == new
    assert (await house.get(f"/api/models/org/name@{old}"))["revision"] == old
    assert (await house.get("/api/models/org/name/exists", revision="v1"))["exists"] is True
    assert (await house.get("/api/models/org/name/exists", revision="v2"))["exists"] is False
    assert house.contents("org/name", old) == {"config.json": b'{"version": 1}'}


async def test_a_branch_that_moved_is_asked_for_anew(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b'{"version": 1}'})
    await house.bring("org/name")
    new = hub.add("org/name", {"config.json": b'{"version": 2}'})
    assert (await house.pull("org/name"))["revision"] == new


async def test_pickle_files_are_not_shown(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/pickle", {"config.json": b"{}", "pytorch_model.bin": Blob(200_000, 9)})
    await house.bring("org/pickle")
    model = await house.get("/api/models/org/pickle")
    assert (model["status"], model["format"]) == ("quarantined", "pytorch")
    assert {file["path"]: file["state"] for file in model["files"]} == {
        "config.json": "stored", "pytorch_model.bin": "quarantined"
    }  # fmt: skip
    assert set(house.contents("org/pickle", commit)) == {"config.json"}
    hidden = Blob(200_000, 9).read()
    assert not any(path.read_bytes() == hidden for path in (house.store / "hub").rglob("*") if path.is_file())
    (kept,) = (house.store / ".steelyard" / "quarantine").iterdir()
    assert kept.read_bytes() == hidden
    assert (await house.get("/api/models/org/pickle/exists", file="pytorch_model.bin"))["exists"] is False
    assert (await house.get("/api/models", status="quarantined"))["count"] == 1


async def test_safe_weights_beside_a_pickle_file_are_ready(hub: StandInHub, house: House) -> None:
    files: dict[str, Content] = {"model.safetensors": WEIGHTS, "pytorch_model.bin": Blob(200_000, 9)}
    commit = hub.add("org/both", files)
    await house.bring("org/both")
    model = await house.get("/api/models/org/both")
    assert (model["status"], model["format"]) == ("ready", "safetensors")
    assert set(house.contents("org/both", commit)) == {"model.safetensors"}


async def test_the_same_bytes_as_pickle_and_as_weights_stay_hidden_where_they_are_a_pickle(
    hub: StandInHub, house: House
) -> None:
    hub.add("org/one", {"model.safetensors": WEIGHTS})
    commit = hub.add("org/two", {"config.json": b"{}", "model.bin": WEIGHTS})
    await house.bring("org/one")
    await house.bring("org/two")
    assert set(house.contents("org/two", commit)) == {"config.json"}


async def test_both_names_in_one_revision_do_not_show_a_pickle(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", {"a.safetensors": WEIGHTS, "b.bin": WEIGHTS, "config.json": b"{}"})
    await house.bring("org/name")
    assert "b.bin" not in house.contents("org/name", commit)


async def test_a_hub_that_is_down_does_not_matter_for_what_is_here(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", FILES)
    await house.bring("org/name")
    hub.faults.status("api:*", 503, times=None, headers={"Retry-After": "0"})
    answer = await house.pull("org/name", "bob", expect=200)
    assert (answer["revision"], answer["status"]) == (commit, "succeeded")


async def test_what_is_not_here_waits_for_a_hub_that_is_down(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    down = hub.faults.status("api:org/name*", 503, times=None, headers={"Retry-After": "0"})
    answer = await house.pull("org/name")
    assert (answer["status"], answer["revision"]) == ("queued", None)
    await house.reached(answer["job_id"], JobStatus.RUNNING, JobStatus.QUEUED)
    assert down.acted
    hub.faults.clear()
    assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED


async def test_datasets_have_a_shelf_of_their_own(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    hub.add("org/name", {"data.csv": b"a,b\n"}, kind="dataset")
    await house.bring("org/name")
    await house.bring("datasets/org/name")
    assert (await house.get("/api/models/org/name"))["kind"] == "model"
    dataset = await house.get("/api/models/datasets/org/name")
    assert (dataset["kind"], dataset["model"]) == ("dataset", "datasets/org/name")
    assert (house.store / "hub" / "datasets--org--name" / "refs" / "main").exists()
    by_id = await house.get(f"/api/models/{dataset['id']}")
    assert by_id["model"] == "datasets/org/name"


@pytest.mark.parametrize("path", ["../../escape.txt", "a/../../escape.txt", "C:evil.txt", "nul\x00.txt", "a//b.txt"])
async def test_a_hostile_file_name_never_becomes_a_path(hub: StandInHub, house: House, path: str) -> None:
    hub.add("org/hostile", {"config.json": b"{}", path: b"evil"})
    answer = await house.pull("org/hostile")
    job = await house.ended(answer["job_id"])
    assert job.status is JobStatus.FAILED
    assert job.fault is not None
    assert job.fault.slug == "unsafe-file-name"
    outside = [found for found in house.store.parent.rglob("*") if found.is_file() and found.read_bytes() == b"evil"]
    assert outside == []


async def test_the_shelf_survives_a_restart(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add("org/name", FILES)
    async with open_house(hub, tmp_path / "home") as house:
        await house.bring("org/name", "alice")
        before = await house.get("/api/models/org/name")
    hub.ledger.clear()
    async with open_house(hub, tmp_path / "home") as house:
        after = await house.get("/api/models/org/name")
        assert after["stats"]["access_count"] == before["stats"]["access_count"] + 1
        assert {**after, "stats": None} == {**before, "stats": None}
        assert (await house.pull("org/name", "alice", expect=200))["revision"] == commit
    assert hub.ledger.requests(call="resolve") == []
