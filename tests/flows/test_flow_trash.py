"""Delete, restore, purge: what each does to lists, folders, jobs and bytes."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from steelyard.catalog import trash_store
from steelyard.core.digest import Digest
from steelyard.core.ids import catalog_id, parse_catalog_id
from steelyard.jobs.models import JobStatus
from steelyard.storage.shredder import Shredder
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, contents, eventually, open_house, slug
from tests.flows.importing import bring, write

MODEL = "org/name"
ADDRESS = "/api/models/org/name"
WEIGHTS, CONFIG = Blob(2_000_000, 71), b'{"model_type": "bert"}'
FILES: dict[str, Content] = {"config.json": CONFIG, "model.safetensors": WEIGHTS}
SIZE = WEIGHTS.size + len(CONFIG)
REFS = 40  # bytes of refs/main


async def call(house: House, method: str, path: str, expect: int = 200, **query: Any) -> dict[str, Any]:
    answer = await house.http.request(method, path, params=query, headers={"X-Steelyard-User": "alice"})
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


async def delete(house: House, model: str = MODEL, expect: int = 200, **query: Any) -> dict[str, Any]:
    return await call(house, "DELETE", f"/api/models/{model}", expect, **query)


async def restore(house: House, model: str = MODEL, expect: int = 200) -> dict[str, Any]:
    return await call(house, "POST", f"/api/models/{model}/restore", expect)


async def purge(house: House, model: str = MODEL) -> dict[str, Any]:
    """Delete for good, and wait; the job at its end."""
    answer = await delete(house, model, expect=202, purge=True)
    job = await house.ended(answer["job_id"])
    assert job.status is JobStatus.SUCCEEDED, job.fault
    return await house.get(f"/jobs/{job.id}")


def usage(house: House) -> int:
    """Bytes on the disk, each inode once, without the databases and what is coming in."""
    found = {}
    for path in house.store.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.parent.name != "parts":
            about = path.stat()
            found[about.st_ino] = about.st_size
    return sum(found.values())


def trash(house: House) -> list[Path]:
    return list((house.store / ".steelyard" / "trash").iterdir())


def foreign(house: House) -> list[Path]:
    return [path for path in (house.store / ".steelyard" / "foreign").rglob("*") if path.is_file()]


@pytest.fixture
async def shelf(hub: StandInHub, house: House) -> House:
    """A house with one model."""
    hub.add(MODEL, FILES)
    await house.bring(MODEL)
    return house


async def test_a_deleted_model_is_nowhere_but_in_the_trash(shelf: House) -> None:
    before = await shelf.get(ADDRESS)
    answer = await delete(shelf)
    assert (answer["status"], answer["deleted_by"], answer["model"]) == ("deleted", "alice", MODEL)
    assert (answer["frees_bytes"], answer["shared_bytes"], answer["job_id"]) == (SIZE + REFS, 0, None)
    assert answer["purge_after"] > answer["deleted_at"]
    for path in (ADDRESS, f"{ADDRESS}/files", f"{ADDRESS}/stats", f"/api/models/{before['id']}"):
        assert slug(await shelf.get(path, expect=404)) == "model-missing"
    assert await shelf.get(f"{ADDRESS}/exists") == {"exists": False, "status": None}
    assert (await shelf.get("/api/models"))["count"] == (await shelf.get("/api/models", q="name"))["count"] == 0
    listed = await shelf.get("/api/models", status="deleted")
    assert [(model["model"], model["purge_after"]) for model in listed["models"]] == [(MODEL, answer["purge_after"])]
    assert not shelf.repository(MODEL).exists()
    assert [path.name for path in trash(shelf)] == [before["id"]]
    assert slug(await delete(shelf, expect=404)) == "model-missing"


@pytest.mark.parametrize("by", ["name", "id", "alias", "pull"])
async def test_a_restored_model_is_as_it_was(hub: StandInHub, shelf: House, by: str) -> None:
    await shelf.http.patch(ADDRESS, json={"aliases": ["chat"], "tags": ["x"]})
    before = await shelf.get(ADDRESS)
    await delete(shelf)
    hub.ledger.clear()
    if by == "pull":
        await shelf.pull("chat", expect=200)
    else:
        await restore(shelf, {"name": MODEL, "id": before["id"], "alias": "chat"}[by])
    after = await shelf.get(ADDRESS)
    moving = {"stats", "last_used_at"}
    assert {**after, **dict.fromkeys(moving)} == {**before, **dict.fromkeys(moving)}
    assert shelf.contents(MODEL, before["revision"]) == {"config.json": CONFIG, "model.safetensors": WEIGHTS.read()}
    assert trash(shelf) == []
    assert hub.ledger.requests(call="resolve") == []
    assert (await shelf.get("/api/models/chat"))["id"] == before["id"]


async def test_a_dry_run_only_tells(shelf: House) -> None:
    before = usage(shelf)
    would = await delete(shelf, dry_run=True)
    assert (would["status"], would["frees_bytes"]) == ("ready", SIZE + REFS)
    assert (await shelf.get(ADDRESS))["status"] == "ready"
    assert usage(shelf) == before
    assert trash(shelf) == []


async def test_a_pinned_model_stays(shelf: House) -> None:
    await shelf.http.patch(ADDRESS, json={"pinned": True})
    queries: list[dict[str, Any]] = [{}, {"purge": True}]
    for query in queries:
        problem = await delete(shelf, expect=409, **query)
        assert (slug(problem), '{"pinned": false}' in problem["hint"]) == ("model-pinned", True)
    assert (await shelf.get(ADDRESS))["status"] == "ready"


@pytest.mark.parametrize("purge", [False, True])
async def test_a_dry_run_of_a_pinned_model_tells_both(shelf: House, purge: bool) -> None:
    await shelf.http.patch(ADDRESS, json={"pinned": True})
    would = await delete(shelf, dry_run=True, purge=purge)
    assert (would["pinned"], would["frees_bytes"], would["status"]) == (True, SIZE + REFS, "ready")


async def test_a_folder_model_that_is_purged_comes_anew_from_its_folder(house: House, tmp_path: Path) -> None:
    folder = write(tmp_path / "solo", FILES)
    await bring(house, folder)
    await purge(house, "solo")
    problem = await restore(house, "solo", expect=409)
    assert "steelyard import /the/folder --name solo" in problem["hint"]
    assert "pull" not in problem["hint"]
    assert (await bring(house, folder, name="solo"))["models"][0]["status"] == "imported"


async def test_a_purge_frees_what_it_announced(shelf: House) -> None:
    before, entry = usage(shelf), await shelf.get(ADDRESS)
    answer = await delete(shelf, expect=202, purge=True)
    await shelf.ended(answer["job_id"])
    job = await shelf.get(f"/jobs/{answer['job_id']}")
    assert (job["kind"], job["status"], job["progress"]) == ("purge", "succeeded", 1.0)
    assert job["downloaded_bytes"] == answer["frees_bytes"] == before - usage(shelf) == SIZE + REFS
    assert trash(shelf) == []
    assert (await shelf.get("/api/models", status="deleted"))["count"] == 0
    problem = await restore(shelf, entry["id"], expect=409)
    assert (slug(problem), "/pull" in problem["hint"]) == ("model-deleted", True)


async def test_a_purged_model_begins_anew_with_its_history(hub: StandInHub, shelf: House) -> None:
    await shelf.http.patch(ADDRESS, json={"aliases": ["chat"]})
    before = await shelf.get(ADDRESS)
    await purge(shelf)
    await shelf.get("/api/models/chat", expect=404)
    hub.ledger.clear()
    await shelf.bring(MODEL, "bob")
    after = await shelf.get(ADDRESS)
    assert len(hub.ledger.requests(call="resolve", method="GET")) == 2
    assert (after["id"], after["status"], after["aliases"]) == (before["id"], "ready", [])
    assert (after["downloaded_by"], after["stats"]["download_count"]) == ("alice", 2)
    assert after["stats"]["first_downloaded_at"] == before["stats"]["first_downloaded_at"]
    assert shelf.contents(MODEL, after["revision"]) == {"config.json": CONFIG, "model.safetensors": WEIGHTS.read()}


async def test_what_others_hold_is_not_freed(hub: StandInHub, shelf: House) -> None:
    commit = hub.add("other/two", FILES)
    await shelf.bring("other/two")
    before = usage(shelf)
    answer = await delete(shelf, dry_run=True)
    assert (answer["frees_bytes"], answer["shared_bytes"]) == (REFS, SIZE)
    job = await purge(shelf)
    assert job["downloaded_bytes"] == before - usage(shelf) == REFS
    assert shelf.contents("other/two", commit)["model.safetensors"] == WEIGHTS.read()
    assert (await delete(shelf, "other/two", dry_run=True))["frees_bytes"] == SIZE + REFS


@pytest.mark.parametrize("symlinks", [True, False])
async def test_copies_instead_of_links_count_once(hub: StandInHub, home: Path, symlinks: bool) -> None:
    hub.add(MODEL, {**FILES, "again/model.safetensors": WEIGHTS})
    async with open_house(hub, home, storage__symlinks=symlinks) as house:
        await house.bring(MODEL)
        before = usage(house)
        job = await purge(house)
        assert job["downloaded_bytes"] == before - usage(house) == SIZE + REFS


async def test_quarantined_bytes_go_with_the_last_that_has_them(hub: StandInHub, house: House) -> None:
    for model in ("org/one", "org/two"):
        hub.add(model, {"pytorch_model.bin": WEIGHTS})
        await house.bring(model)
    before = usage(house)
    first = await delete(house, "org/one", dry_run=True)
    assert (first["frees_bytes"], first["shared_bytes"]) == (REFS, WEIGHTS.size)
    assert (await purge(house, "org/one"))["downloaded_bytes"] == REFS
    assert (await house.get("/api/models/org/two"))["status"] == "quarantined"
    assert (await purge(house, "org/two"))["downloaded_bytes"] == WEIGHTS.size + REFS
    assert before - usage(house) == WEIGHTS.size + 2 * REFS


async def test_a_purge_that_was_killed_gives_back_what_others_need(hub: StandInHub, house: House) -> None:
    for model in ("org/one", "org/two"):
        hub.add(model, {"pytorch_model.bin": WEIGHTS})
        await house.bring(model)
    key = await begin_purge(house, "org/one")
    (held,) = (house.store / ".steelyard" / "quarantine").iterdir()
    digest = Digest("sha256", held.name.partition("-")[2])
    assert Shredder(house.depot.storage.layout).seize(catalog_id(key), digest)
    await house.depot.housekeeping.round()

    async def purged() -> bool:
        return trash(house) == []

    await eventually(purged, "the round takes the purge up")
    assert held.read_bytes() == WEIGHTS.read()
    assert foreign(house) == []


async def begin_purge(house: House, model: str) -> int:
    """As a job does that is killed right after."""
    key = parse_catalog_id((await delete(house, model))["id"])
    assert key is not None
    entry = (await house.depot.catalog.of_key(key)).entry
    moment = entry.deleted_at or entry.created_at
    later = moment + timedelta(days=366)
    assert await house.depot.database.write(lambda connection: trash_store.begin_purge(connection, key, moment, later))
    return key


async def test_a_strangers_file_survives_everything(shelf: House) -> None:
    notes = shelf.repository(MODEL) / "notes.txt"
    blob = shelf.repository(MODEL) / "blobs" / ("a" * 64)
    notes.write_text("mine")
    blob.write_text("mine too")
    await delete(shelf)
    await restore(shelf)
    assert notes.read_text() == "mine"
    job = await purge(shelf)
    assert job["downloaded_bytes"] == SIZE + REFS
    assert sorted(path.read_text() for path in foreign(shelf)) == ["mine", "mine too"]


async def test_what_a_stranger_put_there_meanwhile_is_set_aside(shelf: House) -> None:
    commit = (await shelf.get(ADDRESS))["revision"]
    await delete(shelf)
    (bin_,) = trash(shelf)
    name = max((bin_ / "blobs").iterdir(), key=lambda path: path.stat().st_size).name
    place = shelf.repository(MODEL) / "blobs" / name
    place.parent.mkdir(parents=True)
    place.write_bytes(b"a stranger's")
    (place.parent / ("b" * 64)).write_bytes(b"in nobody's way")
    await restore(shelf)
    assert shelf.contents(MODEL, commit) == {"config.json": CONFIG, "model.safetensors": WEIGHTS.read()}
    assert [path.read_bytes() for path in foreign(shelf)] == [b"a stranger's"]
    assert (place.parent / ("b" * 64)).read_bytes() == b"in nobody's way"
    assert trash(shelf) == []


async def test_deleting_stops_the_download_and_a_pull_takes_it_up(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    hub.faults.stall(f"{MODEL}/model.safetensors", 1_500_000, seconds=300)
    first = await house.pull(MODEL)
    await house.moving(first["job_id"])
    await delete(house)
    assert (await house.job(first["job_id"])).status is JobStatus.CANCELLED
    record = await house.get(f"/api/v1/downloads/request/{first['task_id']}")
    assert record["status"] == "cancelled"
    hub.faults.clear()
    hub.ledger.clear()
    await house.bring(MODEL)
    assert house.contents(MODEL, commit)["model.safetensors"] == WEIGHTS.read()
    assert hub.ledger.bytes_sent(file="model.safetensors") < WEIGHTS.size
    assert (await house.get(ADDRESS))["status"] == "ready"


async def test_retrying_the_job_that_a_deletion_stopped_brings_the_model_back(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    hub.faults.stall(f"{MODEL}/model.safetensors", 1_500_000, seconds=300)
    first = await house.pull(MODEL)
    await house.moving(first["job_id"])
    await delete(house)
    hub.faults.clear()
    await house.post(f"/jobs/{first['job_id']}/retry")
    assert (await house.ended(first["job_id"])).status is JobStatus.SUCCEEDED
    assert (await house.get(ADDRESS))["status"] == "ready"
    assert house.contents(MODEL, commit)["model.safetensors"] == WEIGHTS.read()
    assert trash(house) == []


async def test_an_open_file_stays_readable(shelf: House) -> None:
    commit = (await shelf.get(ADDRESS))["revision"]
    with (shelf.repository(MODEL) / "snapshots" / commit / "model.safetensors").open("rb") as reading:
        start = reading.read(1000)
        await purge(shelf)
        assert start + reading.read() == WEIGHTS.read()


async def test_a_trashed_model_keeps_its_alias(hub: StandInHub, shelf: House) -> None:
    hub.add("org/other", FILES)
    await shelf.bring("org/other")
    await shelf.http.patch(ADDRESS, json={"aliases": ["chat"]})
    await delete(shelf)
    answer = await shelf.http.patch("/api/models/org/other", json={"aliases": ["chat"]})
    assert (answer.status_code, slug(answer.json())) == (409, "alias-taken")
    assert "in the trash" in answer.json()["detail"]
    await purge(shelf)
    assert (await shelf.http.patch("/api/models/org/other", json={"aliases": ["chat"]})).status_code == 200


async def test_an_inactive_model_in_the_trash_is_not_pulled_back(shelf: House) -> None:
    await shelf.http.patch(ADDRESS, json={"status": "inactive"})
    await delete(shelf)
    problem = await shelf.pull(MODEL, expect=409)
    assert (slug(problem), "steelyard restore" in problem["hint"]) == ("model-inactive", True)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"model": MODEL, "revision": "nosuch"}, "revision-missing"),
        ({"model": f"{MODEL}:Q4_K_M"}, "variant-missing"),
        ({"model": MODEL, "include": ["extra.bin"]}, "cooling-down"),
    ],
)
async def test_a_request_that_is_refused_brings_nothing_back(
    hub: StandInHub, shelf: House, body: dict[str, Any], problem: str
) -> None:
    hub.add(MODEL, {**FILES, "extra.bin": b"extra"})
    hub.faults.status(f"{MODEL}/extra.bin", 403, times=None)
    failed = await shelf.pull(MODEL, include=["extra.bin"])
    assert (await shelf.ended(failed["job_id"])).status is JobStatus.FAILED
    await delete(shelf)
    answer = await shelf.http.post("/pull", json=body)
    assert slug(answer.json()) == problem
    assert (await shelf.http.get(ADDRESS)).status_code == 404
    assert len(trash(shelf)) == 1
    await restore(shelf)


async def test_a_model_in_the_trash_is_pulled_back_while_the_hub_is_silent(hub: StandInHub, shelf: House) -> None:
    await delete(shelf)
    hub.faults.status("*", 503, times=None)
    assert (await shelf.pull(MODEL, expect=200))["status"] == "succeeded"
    assert trash(shelf) == []


async def test_twice_and_both_at_once(shelf: House) -> None:
    answers = await asyncio.gather(*(shelf.http.delete(ADDRESS) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
    answers = await asyncio.gather(*(shelf.http.post(f"{ADDRESS}/restore") for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    await asyncio.gather(*(call for _ in range(3) for call in (
        shelf.http.delete(ADDRESS), shelf.http.post(f"{ADDRESS}/restore")
    )))  # fmt: skip
    gone = (await shelf.http.get(ADDRESS)).status_code == 404
    assert shelf.repository(MODEL).exists() is not gone
    assert len(trash(shelf)) == gone


async def test_what_is_purged_just_now_can_be_neither_restored_nor_pulled(shelf: House) -> None:
    await begin_purge(shelf, MODEL)
    assert slug(await restore(shelf, expect=409)) == "model-deleted"
    assert slug(await shelf.pull(MODEL, expect=409)) == "model-deleted"
    await shelf.depot.housekeeping.round()

    async def purged() -> bool:
        return trash(shelf) == []

    await eventually(purged, "the round takes the purge up")


async def test_a_restore_calls_a_waiting_purge_off(hub: StandInHub, home: Path) -> None:
    commit = hub.add(MODEL, FILES)
    hub.add("org/slow", {"model.safetensors": Blob(2_000_000, 72)})
    hub.faults.stall("org/slow/model.safetensors", 1_500_000, seconds=300)
    async with open_house(hub, home, jobs__concurrency=1) as house:
        await house.bring(MODEL)
        busy = await house.pull("org/slow")
        await house.moving(busy["job_id"])
        answer = await delete(house, expect=202, purge=True)
        await restore(house)
        assert (await house.job(answer["job_id"])).status is JobStatus.CANCELLED
        assert (await house.get(ADDRESS))["status"] == "ready"
        await delete(house)
        await house.post(f"/jobs/{answer['job_id']}/retry")
        await house.post(f"/jobs/{busy['job_id']}/cancel")
        await house.ended(answer["job_id"])  # it is about the earlier deletion
        await restore(house)
        assert contents(house.repository(MODEL) / "snapshots" / commit)["model.safetensors"] == WEIGHTS.read()


async def test_a_crash_between_table_and_folder_is_mended(hub: StandInHub, home: Path) -> None:
    commit = hub.add(MODEL, FILES)
    async with open_house(hub, home) as house:
        await house.bring(MODEL)
        await delete(house)
        (bin_,) = trash(house)
    bin_.rename(house.repository(MODEL))
    async with open_house(hub, home) as house:
        await _becomes(house, shown=False)
        await restore(house)
        house.repository(MODEL).rename(bin_)
    async with open_house(hub, home) as house:
        await _becomes(house, shown=True)
        assert house.contents(MODEL, commit)["model.safetensors"] == WEIGHTS.read()


async def test_what_a_late_job_publishes_is_found_and_a_strangers_folder_left_alone(shelf: House) -> None:
    await delete(shelf)
    (bin_,) = trash(shelf)
    late = min((bin_ / "blobs").iterdir(), key=lambda path: path.stat().st_size)
    place = shelf.repository(MODEL) / "blobs" / late.name
    place.parent.mkdir(parents=True)
    late.rename(place)
    stranger = place.with_name("c" * 40)
    stranger.write_bytes(b"stranger's")
    newer = shelf.repository(MODEL) / "refs" / "main"
    newer.parent.mkdir()
    newer.write_text((bin_ / "refs" / "main").read_text())
    os.utime(newer, (newer.stat().st_mtime + 10_000,) * 2)
    await shelf.depot.housekeeping.round()
    assert late.read_bytes() == CONFIG
    assert (place.exists(), stranger.read_bytes(), newer.exists()) == (False, b"stranger's", True)


async def _becomes(house: House, *, shown: bool) -> None:
    async def is_so() -> bool:
        return house.repository(MODEL).exists() is shown and (trash(house) == []) is shown

    await eventually(is_so, f"the folder is {'on the shelf' if shown else 'in the trash'}")
