"""Private models: their bytes lie outside the shared cache, and others get none of them."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from steelyard.catalog.tables import entries
from steelyard.core.ids import parse_catalog_id
from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, contents, eventually, open_house, slug
from tests.flows.importing import bring as take
from tests.flows.importing import write
from tests.flows.town import Town

MODEL, OTHER = "org/name", "org/other"
ADDRESS = f"/api/models/{MODEL}"
WEIGHTS, PICKLE = Blob(2_000_000, 91), Blob(90_000, 92)
FILES: dict[str, Content] = {"config.json": b'{"model_type": "bert"}', "model.safetensors": WEIGHTS}
RIGHT = {"config.json": b'{"model_type": "bert"}', "model.safetensors": WEIGHTS.read()}


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with accounts."""
    async with open_house(
        hub, home, server__auth="required", limits__reads_per_second=0, downloads__approve_pickle_only=False
    ) as house:
        town = Town(house)
        await town.settle()
        yield town


@pytest.fixture
async def commit(hub: StandInHub, house: House) -> str:
    """A model in the house; its revision."""
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    return commit


async def change(house: House, expect: int = 200, model: str = MODEL, **values: Any) -> dict[str, Any]:
    answer = await house.http.patch(f"/api/models/{model}", json=values, headers={"X-Steelyard-User": "alice"})
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


async def say(house: House, *, private: bool, model: str = MODEL) -> None:
    """Only the table says so: as it is after a crash, and in a depot of an earlier version."""
    key = parse_catalog_id((await house.get(f"/api/models/{model}"))["id"])
    values = update(entries).where(entries.c.id == key).values(private=private)
    await house.depot.database.write(lambda connection: connection.execute(values).close())


def closed(house: House, model: str = MODEL) -> Path:
    """The folder of a model on the private shelf."""
    return house.store / ".steelyard" / "private" / house.repository(model).name


def inodes(folder: Path) -> set[int]:
    return {path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


def fetched(house: House) -> int:
    return len(house.hub.ledger.requests(file="model.safetensors"))


def is_private(house: House, commit: str, model: str = MODEL) -> bool:
    """Whether all of it, and nothing else of it, lies on the private shelf."""
    assert contents(closed(house, model) / "snapshots" / commit) == RIGHT
    assert (closed(house, model) / "refs" / "main").read_text() == commit
    return not house.repository(model).exists() and not inodes(house.store / "hub") & inodes(closed(house, model))


def is_public(house: House, commit: str, model: str = MODEL) -> bool:
    assert house.contents(model, commit) == RIGHT
    assert (house.repository(model) / "refs" / "main").read_text() == commit
    return not closed(house, model).exists()


async def is_right(house: House, model: str = MODEL) -> bool:
    """Whether the model can be used, and a verification and a scan of the store find nothing wrong."""
    exists = (await house.get(f"/api/models/{model}/exists"))["exists"]
    for path in (f"/api/v1/models/{model}/verify", "/api/v1/scans"):
        answer = await house.http.post(path)
        job = await house.ended(answer.json()["job_id"])
        assert job.status is JobStatus.SUCCEEDED, job.fault
    found = await house.get("/api/v1/findings", open="true")
    assert found["findings"] == []
    return bool(exists)


async def test_a_private_model_leaves_the_shared_cache_and_comes_back(house: House, commit: str) -> None:
    before = inodes(house.repository(MODEL))
    with (house.repository(MODEL) / "snapshots" / commit / "model.safetensors").open("rb") as reader:
        assert (await change(house, private=True))["private"]
        assert reader.read() == WEIGHTS.read()
    assert is_private(house, commit)
    assert await is_right(house)
    for folder in (house.store / ".steelyard", closed(house).parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (await house.pull(MODEL, expect=200))["status"] == "succeeded"
    assert is_private(house, commit)
    assert not (await change(house, private=False))["private"]
    assert is_public(house, commit)
    assert inodes(house.repository(MODEL)) == before
    assert await is_right(house)
    assert fetched(house) == 1


async def test_a_private_model_takes_a_new_revision_in_its_own_place(
    hub: StandInHub, house: House, commit: str
) -> None:
    await change(house, private=True)
    new = hub.add(MODEL, {**FILES, "more.json": b"{}"})
    await house.bring(MODEL)
    assert contents(closed(house) / "snapshots" / new) == {**RIGHT, "more.json": b"{}"}
    assert contents(closed(house) / "snapshots" / commit) == RIGHT
    assert not house.repository(MODEL).exists()
    assert fetched(house) == 1
    assert await is_right(house)


async def test_what_a_crash_left_between_table_and_folder_is_mended(house: House, commit: str) -> None:
    await say(house, private=True)
    await house.depot.housekeeping.round()
    assert is_private(house, commit)
    assert await is_right(house)
    await say(house, private=False)
    await house.depot.housekeeping.round()
    assert is_public(house, commit)
    assert await is_right(house)


async def test_a_private_model_of_an_earlier_version_moves_at_the_start(hub: StandInHub, home: Path) -> None:
    commit = hub.add(MODEL, FILES)
    async with open_house(hub, home) as house:
        await house.bring(MODEL)
        await say(house, private=True)
        (house.store / ".steelyard" / "private").rmdir()
    async with open_house(hub, home) as house:

        async def moved() -> bool:
            return closed(house).exists() and not house.repository(MODEL).exists()

        await eventually(moved, "the first round moves it")
        assert is_private(house, commit)


async def test_a_move_that_stopped_halfway_goes_on(house: House, commit: str) -> None:
    await say(house, private=True)
    (closed(house) / "blobs").mkdir(parents=True)
    blob = (house.repository(MODEL) / "snapshots" / commit / "model.safetensors").resolve()
    blob.rename(closed(house) / "blobs" / blob.name)
    await house.depot.housekeeping.round()
    assert is_private(house, commit)
    assert await is_right(house)


async def test_a_scan_in_between_finds_nothing_lost(house: House, commit: str) -> None:
    await say(house, private=True)
    answer = await house.http.post("/api/v1/scans")
    await house.ended(answer.json()["job_id"])
    assert (await house.get("/api/v1/findings", open="true", model=MODEL))["findings"] == []
    await house.depot.housekeeping.round()
    assert await is_right(house)


async def test_what_a_stranger_puts_under_its_name_into_the_cache_stays_there(house: House, commit: str) -> None:
    await change(house, private=True)
    for inner, text in (("blobs/abc", "other"), ("refs/main", commit)):
        place = house.repository(MODEL) / inner
        place.parent.mkdir(parents=True)
        place.write_text(text)
    await house.depot.housekeeping.round()
    assert {path.name for path in house.repository(MODEL).rglob("*") if path.is_file()} == {"abc", "main"}
    found = await scan(house)
    assert found == ["hub/models--org--name"]
    await change(house, private=False)
    assert house.contents(MODEL, commit) == RIGHT
    assert (house.repository(MODEL) / "blobs" / "abc").read_text() == "other"


async def scan(house: House) -> list[str]:
    """The paths of what a scan finds."""
    answer = await house.http.post("/api/v1/scans")
    assert (await house.ended(answer.json()["job_id"])).status is JobStatus.SUCCEEDED
    return [finding["path"] for finding in (await house.get("/api/v1/findings", open="true"))["findings"]]


async def test_a_scan_looks_on_both_shelves(house: House, commit: str) -> None:
    await change(house, private=True)
    before = (await house.get("/api/v1/store"))["hub_bytes"] or 0
    (closed(house).with_name("models--no--body")).mkdir()
    (closed(house).with_name("models--no--body") / "file").write_text("x")
    (closed(house) / "notes").write_text("x")
    blob = (closed(house) / "snapshots" / commit / "model.safetensors").resolve()
    blob.unlink()
    place = ".steelyard/private/models--org--name"
    found = await scan(house)
    assert set(found) == {
        ".steelyard/private/models--no--body", f"{place}/notes", f"{place}/blobs/{blob.name}",
    }  # fmt: skip
    assert (await house.get("/api/v1/store"))["hub_bytes"] > before
    await house.bring(MODEL)
    assert is_private(house, commit)
    assert fetched(house) == 2


async def test_while_a_job_is_at_work_it_stays_what_it_is(hub: StandInHub, house: House, commit: str) -> None:
    hub.add(MODEL, {**FILES, "more.safetensors": Blob(3_000_000, 93)})
    hub.faults.stall("*more.safetensors", 1000, 1.0)
    job = (await house.pull(MODEL))["job_id"]
    problem = await change(house, expect=409, private=True)
    assert slug(problem) == "model-busy"
    assert "/jobs" in problem["hint"]
    await change(house, description="words may change all the same", private=False)
    await house.ended(job)
    await change(house, private=True)
    assert not house.repository(MODEL).exists()


async def test_deleted_restored_and_purged_from_its_own_shelf(house: House, commit: str) -> None:
    await change(house, private=True)
    trash = house.store / ".steelyard" / "trash"
    deletion = (await house.http.delete(ADDRESS)).json()
    assert deletion["frees_bytes"] > WEIGHTS.size
    assert not closed(house).exists()
    assert not house.repository(MODEL).exists()
    assert len(list(trash.iterdir())) == 1
    assert (await house.http.post(f"{ADDRESS}/restore")).status_code == 200
    assert is_private(house, commit)
    assert list(trash.iterdir()) == []
    purge = (await house.http.delete(ADDRESS, params={"purge": True})).json()
    assert (await house.ended(purge["job_id"])).status is JobStatus.SUCCEEDED
    assert not closed(house).exists()
    assert list(trash.iterdir()) == []
    assert inodes(house.store / "hub") == set()


async def test_deleted_before_its_folder_moved(house: House, commit: str) -> None:
    await say(house, private=True)
    await house.http.delete(ADDRESS)
    assert not house.repository(MODEL).exists()
    assert (await house.http.post(f"{ADDRESS}/restore")).status_code == 200
    assert is_private(house, commit)


async def test_blobs_that_a_public_model_has_too_stay_with_it(hub: StandInHub, house: House, commit: str) -> None:
    other = hub.add(OTHER, FILES)
    await house.bring(OTHER)
    await change(house, private=True)
    assert contents(closed(house) / "snapshots" / commit) == RIGHT
    assert not house.repository(MODEL).exists()
    assert is_public(house, other, OTHER)
    assert inodes(closed(house) / "blobs") == inodes(house.repository(OTHER) / "blobs")
    assert await is_right(house)
    assert await is_right(house, OTHER)


async def pull(town: Town, who: str, model: str) -> None:
    status, answer = await town.ask(who, "POST", "/pull", json={"model": model})
    assert status == 202, answer
    assert (await town.house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED


async def hide(town: Town, who: str, model: str) -> None:
    status, answer = await town.ask(who, "PATCH", f"/api/models/{model}", json={"private": True})
    assert status == 200, answer


async def test_nobody_gets_bytes_out_of_anothers_private_model(hub: StandInHub, town: Town) -> None:
    commit, other, own = (hub.add(model, FILES) for model in (MODEL, OTHER, "org/own"))
    await pull(town, "alice", MODEL)
    await hide(town, "alice", MODEL)
    status, answer = await town.ask("alice", "GET", f"{ADDRESS}/exists")
    assert (status, answer["exists"]) == (200, True)
    assert (await town.ask("bob", "GET", f"{ADDRESS}/exists"))[1].get("exists") is not True
    await pull(town, "bob", OTHER)
    assert fetched(town.house) == 2
    assert is_private(town.house, commit)
    assert is_public(town.house, other, OTHER)
    await pull(town, "alice", "org/own")
    assert fetched(town.house) == 2
    assert is_public(town.house, own, "org/own")


async def test_a_private_model_gets_bytes_of_public_ones_and_of_its_owners(hub: StandInHub, town: Town) -> None:
    for model in (MODEL, OTHER, "org/third"):
        hub.add(model, {"README.md": model.encode()})
        await pull(town, "alice", model)
    await hide(town, "alice", MODEL)
    await hide(town, "alice", OTHER)
    hub.add(MODEL, FILES)
    await pull(town, "alice", MODEL)
    commit = hub.add(OTHER, FILES)
    await pull(town, "alice", OTHER)
    assert fetched(town.house) == 1
    assert is_private(town.house, commit, OTHER)
    shared = inodes(closed(town.house, OTHER) / "blobs") & inodes(closed(town.house) / "blobs")
    assert len(shared) == len(FILES)
    hub.add("org/third", FILES)
    await pull(town, "bob", "org/third")
    assert fetched(town.house) == 1


async def test_what_waits_in_quarantine_for_a_private_model_is_fetched_again_and_kept_once(
    hub: StandInHub, town: Town
) -> None:
    for model in (MODEL, OTHER, "org/third"):
        hub.add(model, {"config.json": b"{}", "pytorch_model.bin": PICKLE})
    for who, model, requests in (("alice", MODEL, 1), ("bob", OTHER, 2), ("bob", "org/third", 2)):
        await pull(town, who, model)
        assert len(hub.ledger.requests(file="pytorch_model.bin")) == requests
        if model == MODEL:
            await hide(town, who, model)
    assert len(list((town.house.store / ".steelyard" / "quarantine").iterdir())) == 1


async def test_an_import_takes_public_bytes_only(house: House, commit: str, tmp_path: Path) -> None:
    await change(house, private=True)
    folder = write(tmp_path / "found", RIGHT)
    report = await take(house, folder, name="folder/found")
    assert report
    assert not inodes(house.repository("folder/found")) & inodes(closed(house))
