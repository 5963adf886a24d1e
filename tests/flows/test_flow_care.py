"""What is wrong in the store is found, reported, never spread, and mended by the next pull. No file is deleted."""

import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from steelyard.jobs.models import Job, JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, open_house
from tests.flows.importing import bring, write
from tests.flows.processes import run

MODEL, OTHER = "org/name", "org/other"
LARGE = "model.safetensors"
WEIGHTS = Blob(3_000_000, 31)
SHA256 = hashlib.sha256(WEIGHTS.read()).hexdigest()
FILES: dict[str, Content] = {"config.json": b"{}", LARGE: WEIGHTS}
RIGHT = {"config.json": b"{}", LARGE: WEIGHTS.read()}
HF = Path(sys.executable).with_name("hf")
# As a program of somebody else that thinks it may write there.
OVERWRITE = """
import os, sys
path = os.path.realpath(sys.argv[1])
os.chmod(path, 0o644)
with open(path, "r+b") as file:
    file.seek(1_000_000)
    file.write(b"not what the hub has")
"""
DOWNLOAD = """
import sys
from huggingface_hub import snapshot_download
snapshot_download(sys.argv[1], revision=sys.argv[2], force_download=len(sys.argv) > 3, token=False, max_workers=2)
"""


async def scan(house: House, **body: Any) -> Job:
    """Scan and wait; the job, which succeeded."""
    answer = await house.http.post("/api/v1/scans", json=body)
    assert answer.status_code == 202, answer.text
    job = await house.ended(answer.json()["job_id"])
    assert job.status is JobStatus.SUCCEEDED, job.fault
    return job


async def verify(house: House, model: str = MODEL) -> dict[str, Any]:
    """Verify and wait; what it came to."""
    answer = await house.http.post(f"/api/models/{model}/verify")
    assert answer.status_code == 202, answer.text
    job = await house.ended(answer.json()["job_id"])
    assert job.status is JobStatus.SUCCEEDED, job.fault
    found: dict[str, Any] = (await house.get(answer.json()["outcome"]))["checks"][0]
    return found


async def findings(house: House, **query: Any) -> list[dict[str, Any]]:
    """The open findings."""
    answer = await house.get("/api/v1/findings", **query)
    assert answer["count"] == len(answer["findings"])
    return list(answer["findings"])


async def problems(house: House, **query: Any) -> list[tuple[str, str | None]]:
    """What is wrong with whom."""
    found = [(one["problem"], one["model"]) for one in await findings(house, **query)]
    return sorted(found, key=lambda one: (one[0], one[1] or ""))


async def status(house: House, model: str = MODEL) -> tuple[str, bool]:
    """The entry's status, and whether it exists for those who ask."""
    shown = await house.get(f"/api/models/{model}")
    return shown["status"], (await house.get(f"/api/models/{model}/exists"))["exists"]


def place(house: House, commit: str, file: str = LARGE, model: str = MODEL) -> Path:
    """Where a snapshot shows a file."""
    return house.repository(model) / "snapshots" / commit / file


def set_aside(house: House) -> list[bytes]:
    """What lies in the strangers' folder."""
    return [path.read_bytes() for path in sorted((house.store / ".steelyard" / "foreign").iterdir())]


async def client(house: House, script: str, *arguments: str) -> None:
    """A program of the Hugging Face library that has the store as its cache, in a process of its own."""
    variables = {"HF_HUB_CACHE": str(house.store / "hub"), "HF_ENDPOINT": house.hub.url, "HF_HUB_DISABLE_XET": "1"}
    done = await run(sys.executable, "-c", script, *arguments, **variables)
    assert done.code == 0, done.err


async def overwrite(path: Path) -> bytes:
    """Same size, other bytes; what is there then."""
    done = await run(sys.executable, "-c", OVERWRITE, path)
    assert done.code == 0, done.err
    wrong = path.read_bytes()
    assert len(wrong) == WEIGHTS.size
    assert wrong != WEIGHTS.read()
    return wrong


async def test_nothing_is_wrong_in_a_store_that_nobody_touched(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {**FILES, "pytorch_model.bin": Blob(2000, 5)})
    await house.bring(MODEL)
    job = await scan(house)
    assert await findings(house) == []
    check = (await house.get("/api/v1/checks", job=job.id))["checks"][0]
    assert (check["kind"], check["right"], check["damaged"], check["missing"], check["strays"]) == ("scan", 3, 0, 0, 0)
    assert job.progress.total_bytes == 0  # nothing had to be read


async def test_changed_bytes_never_reach_a_second_repository(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    other = hub.add(OTHER, FILES)
    await house.bring(MODEL)
    wrong = await overwrite(place(house, commit))
    await house.bring(OTHER, "bob")
    assert house.contents(OTHER, other) == RIGHT
    assert len(hub.ledger.requests(file=LARGE)) == 2  # fetched anew
    assert set_aside(house) == [wrong]
    assert await status(house) == ("partial", False)
    found = (await findings(house, model=MODEL))[0]
    assert (found["problem"], found["size"]) == ("damaged", WEIGHTS.size)
    assert found["path"] == f"hub/models--org--name/blobs/{SHA256}"
    assert f"steelyard pull {MODEL}" in found["hint"]
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == RIGHT
    assert len(hub.ledger.requests(file=LARGE)) == 2  # from the other repository
    assert await findings(house) == []
    assert (await findings(house, open=False))[0]["resolved_at"] is not None
    assert await status(house) == ("ready", True)


async def test_nor_a_second_revision(hub: StandInHub, house: House) -> None:
    first = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    second = hub.add(MODEL, {**FILES, "README.md": b"new"})
    wrong = await overwrite(place(house, first))
    await house.bring(MODEL)
    assert house.contents(MODEL, second) == {**RIGHT, "README.md": b"new"}
    assert set_aside(house) == [wrong]
    assert house.contents(MODEL, first)[LARGE] == WEIGHTS.read()  # the same blob shows in both
    assert not (await house.get(f"/api/models/{MODEL}/exists", revision=first))["exists"]  # until somebody pulls it


async def test_nor_whoever_asks_for_the_same_again(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    wrong = await overwrite(place(house, commit))
    assert (await house.get(f"/api/models/{MODEL}/exists"))["exists"] is False
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == RIGHT
    assert set_aside(house) == [wrong]


async def test_the_scan_finds_changed_bytes(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    hub.add(OTHER, FILES)
    await house.bring(MODEL)
    await house.bring(OTHER)
    wrong = await overwrite(place(house, commit))  # a hard link: it is the other one's file as well
    job = await scan(house)
    assert await problems(house) == [("damaged", MODEL), ("damaged", OTHER)]
    assert set_aside(house) == [wrong, wrong]
    assert job.progress.total_bytes is not None
    assert job.progress.total_bytes > 0  # what looked changed was read
    assert await status(house) == ("partial", False)
    assert await status(house, OTHER) == ("partial", False)
    await scan(house)
    assert await problems(house) == [("damaged", MODEL), ("damaged", OTHER)]  # open until it is mended
    await house.bring(MODEL)
    await house.bring(OTHER)
    assert await problems(house) == []
    assert len(hub.ledger.requests(file=LARGE)) == 2
    assert house.contents(MODEL, commit) == RIGHT


async def test_a_truncated_blob(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    blob = place(house, commit).resolve()
    blob.chmod(0o644)
    os.truncate(blob, 1_000_000)
    await scan(house)
    found = (await findings(house, problem="truncated"))[0]
    assert found["detail"] == f"{LARGE} has 1000000 bytes instead of 3000000."
    assert set_aside(house) == [WEIGHTS.read()[:1_000_000]]
    assert await status(house) == ("partial", False)
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == RIGHT
    assert await findings(house) == []


async def test_a_client_downloads_into_the_shared_store(hub: StandInHub, house: House) -> None:
    await house.bring(_some(hub, "org/ours"))
    commit = hub.add(MODEL, FILES)
    await client(house, DOWNLOAD, MODEL, "main")
    before = house.contents(MODEL, commit)
    await scan(house)
    found = await findings(house)
    assert [(one["problem"], one["path"]) for one in found] == [("foreign_repository", "hub/models--org--name")]
    assert found[0]["size"] >= WEIGHTS.size
    assert house.contents(MODEL, commit) == before == RIGHT
    sent = len(hub.ledger.requests(file=LARGE))
    await house.bring(MODEL)  # taken over after its hash was right
    assert len(hub.ledger.requests(file=LARGE)) == sent
    await scan(house)
    assert await findings(house) == []
    assert await status(house) == ("ready", True)


def _some(hub: StandInHub, model: str) -> str:
    hub.add(model, {"config.json": b'{"some": "model"}'})
    return model


async def test_a_client_brings_another_revision_into_a_folder_of_ours(hub: StandInHub, house: House) -> None:
    first = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    second = hub.add(MODEL, {"config.json": b'{"new": 1}', LARGE: WEIGHTS})
    await client(house, DOWNLOAD, MODEL, second)
    await scan(house)
    assert await problems(house) == [("foreign_file", MODEL), ("foreign_file", MODEL)]  # a blob and a snapshot
    assert await status(house) == ("ready", True)
    assert house.contents(MODEL, first) == RIGHT
    assert house.contents(MODEL, second)[LARGE] == WEIGHTS.read()
    await house.bring(MODEL)
    await scan(house)
    assert await problems(house) == []


async def test_a_client_that_downloads_over_ours_brings_right_bytes(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    inode = place(house, commit).stat().st_ino
    await client(house, DOWNLOAD, MODEL, commit, "force")
    assert place(house, commit).stat().st_ino != inode
    job = await scan(house)
    assert job.progress.total_bytes == WEIGHTS.size + len(b"{}")  # read, found right, and sealed anew
    assert await problems(house) == []
    assert await status(house) == ("ready", True)
    assert (await scan(house)).progress.total_bytes == 0


async def test_hf_cache_rm_of_a_repository(hub: StandInHub, house: House) -> None:
    for model in (MODEL, OTHER, "org/third"):
        await house.bring(_with_weights(hub, model))
    done = await run(HF, "cache", "rm", f"model/{MODEL}", "--yes", HF_HUB_CACHE=str(house.store / "hub"))
    assert done.code == 0, done.err
    assert not house.repository(MODEL).exists()
    assert await status(house) == ("ready", False)  # the shelf still believes, but nobody is told so
    await scan(house)
    assert await problems(house) == [("missing", MODEL)]
    assert (await status(house))[0] == "failed"
    assert await status(house, OTHER) == ("ready", True)
    await house.bring(MODEL)
    assert await problems(house) == []
    assert await status(house) == ("ready", True)


def _with_weights(hub: StandInHub, model: str) -> str:
    hub.add(model, {"config.json": b"{}", LARGE: Blob(200_000, len(model))})
    return model


async def test_hf_cache_rm_of_one_revision(hub: StandInHub, house: House) -> None:
    first = hub.add(MODEL, {"config.json": b"{}", LARGE: WEIGHTS})
    await house.bring(MODEL)
    second = hub.add(MODEL, {"config.json": b"{}", LARGE: Blob(100_000, 3)})
    await house.bring(MODEL)
    done = await run(HF, "cache", "rm", second, "--yes", HF_HUB_CACHE=str(house.store / "hub"))
    assert done.code == 0, done.err
    await scan(house)
    assert {one for one, _ in await problems(house)} == {"missing"}
    assert not (await house.get(f"/api/models/{MODEL}/exists", revision=second))["exists"]
    assert (await house.get(f"/api/models/{MODEL}/exists", revision=first))["exists"]
    assert (await house.get(f"/api/models/{MODEL}"))["revision"] == first
    await house.bring(MODEL)
    assert await problems(house) == []
    assert (await house.get(f"/api/models/{MODEL}"))["revision"] == second


async def test_strangers_things_are_reported_and_left_alone(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    folder = house.repository(MODEL)
    (folder / "blobs" / f"{'a' * 64}.incomplete").write_bytes(b"half")
    (folder / "blobs" / ("b" * 64)).write_bytes(b"whole")
    (folder / "snapshots" / commit / "notes.txt").write_bytes(b"mine")
    (folder / "snapshots" / commit / "gone.txt").symlink_to("../../blobs/nothing")
    (folder / "refs" / "lost").write_text("f" * 40)
    (house.store / "hub" / "models--some--body" / "blobs").mkdir(parents=True)
    (house.store / "hub" / "models--some--body" / "blobs" / "c").write_bytes(b"theirs")
    (house.store / "hub" / "loose.txt").write_bytes(b"loose")
    (folder / "extra.txt").write_bytes(b"extra")
    (folder / "more").mkdir()
    (folder / "more" / "deep.txt").write_bytes(b"deep")
    (folder / ".no_exist" / commit).mkdir(parents=True)
    (folder / ".no_exist" / commit / "tokenizer.json").touch()  # as the Hugging Face library notes it
    before = _all_files(house.store / "hub")
    await scan(house)
    assert await problems(house) == [
        ("dangling_link", MODEL), ("foreign_file", None), *[("foreign_file", MODEL)] * 4,
        ("foreign_repository", None), ("stray_ref", MODEL), ("unfinished", MODEL),
    ]  # fmt: skip
    paths = {one["path"] for one in await findings(house, problem="foreign_file")}
    assert {f"hub/{folder.name}/extra.txt", f"hub/{folder.name}/more/deep.txt"} <= paths
    assert _all_files(house.store / "hub") == before
    assert await status(house) == ("ready", True)
    (folder / "snapshots" / commit / "notes.txt").unlink()
    await scan(house)
    assert len(await findings(house)) == 8
    resolved = await findings(house, open=False)
    assert [one["path"].rpartition("/")[2] for one in resolved] == ["notes.txt"]


def _all_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


async def test_a_strangers_file_in_the_place_of_a_link_is_kept(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    name = place(house, commit, "config.json")
    name.unlink()
    name.write_bytes(b"[]")  # as an editor saves, and of the same size
    await scan(house)
    assert await problems(house) == [("damaged", MODEL)]
    assert name.read_bytes() == b"[]"
    await house.bring(MODEL)
    assert name.read_bytes() == b"{}"
    assert set_aside(house) == [b"[]"]


@pytest.mark.parametrize("symlinks", [True, False])
async def test_a_verification_reads_everything(hub: StandInHub, tmp_path: Path, symlinks: bool) -> None:
    first = hub.add(MODEL, FILES)
    async with open_house(hub, tmp_path / "home", storage__symlinks=symlinks) as house:
        await house.bring(MODEL)
        second = hub.add(MODEL, {"config.json": b"{ }", LARGE: WEIGHTS, "pytorch_model.bin": Blob(5000, 9)})
        await house.bring(MODEL)
        outcome = await verify(house)
        assert (outcome["right"], outcome["damaged"], outcome["missing"]) == (4, 0, 0)
        blob = house.repository(MODEL) / "blobs" / SHA256
        about = blob.stat()
        wrong = await overwrite(blob)
        os.utime(blob, ns=(about.st_atime_ns, about.st_mtime_ns))  # it hides well: no scan finds this
        (house.repository(MODEL) / "blobs" / place(house, first, "config.json").resolve().name).unlink(missing_ok=True)
        outcome = await verify(house)
        assert (outcome["damaged"], outcome["model"]) == (1, MODEL)
        assert outcome["right"] + outcome["missing"] == 3
        assert set_aside(house) == [wrong]
        assert all(LARGE not in house.contents(MODEL, commit) for commit in (first, second))
        assert await status(house) == ("partial", False)
        assert ("damaged", MODEL) in await problems(house, model=MODEL)
        await house.bring(MODEL)
        assert house.contents(MODEL, second)[LARGE] == WEIGHTS.read()
        assert await problems(house) == []


async def test_a_damaged_file_in_quarantine_is_found_too(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {**FILES, "pytorch_model.bin": Blob(5000, 9)})
    await house.bring(MODEL)
    waiting = next((house.store / ".steelyard" / "quarantine").iterdir())
    waiting.write_bytes(bytes(5000))
    outcome = await verify(house)
    assert (outcome["right"], outcome["damaged"]) == (2, 1)
    assert set_aside(house) == [bytes(5000)]
    await house.bring(MODEL)
    assert waiting.read_bytes() == Blob(5000, 9).read()


async def test_a_damaged_folder_model_is_mended_as_its_hint_says(house: House, tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", FILES)
    commit = (await bring(house, folder, name="team/mine", copy=True))["models"][0]["revisions"][0]["revision"]
    await overwrite(place(house, commit, model="team/mine"))
    await verify(house, "team/mine")
    (found,) = await findings(house, model="team/mine")
    assert (found["problem"], found["model"]) == ("damaged", "team/mine")
    assert found["hint"] == "Import its folder again: steelyard import /the/folder --name team/mine"
    await bring(house, folder, name="team/mine", copy=True)
    assert await findings(house) == []
    assert await status(house, "team/mine") == ("ready", True)
    assert place(house, commit, model="team/mine").read_bytes() == RIGHT[LARGE]


async def test_what_cannot_be_verified_says_so(hub: StandInHub, house: House) -> None:
    answer = await house.http.post("/api/models/org/absent/verify")
    assert answer.status_code == 404
    assert "steelyard pull" in answer.json()["hint"]


async def test_the_hub_that_is_gone_empties_no_catalog(hub: StandInHub, house: House) -> None:
    names = [_with_weights(hub, f"org/m{'x' * number}") for number in range(1, 6)]
    for model in names:
        await house.bring(model)
    (house.store / "hub").rename(house.store / "elsewhere")
    for path in ("/api/v1/scans", f"/api/models/{names[0]}/verify"):
        answer = (await house.http.post(path)).json()
        job = await house.ended(answer["job_id"])
        assert job.status is JobStatus.FAILED
        assert job.fault is not None
        assert job.fault.slug == "store-not-there"
        assert "accept_missing" in (job.fault.hint or "")
    assert [await status(house, model) for model in names] == [("ready", False)] * 5  # nobody is told that it is here
    (house.store / "elsewhere").rename(house.store / "hub")
    assert [await status(house, model) for model in names] == [("ready", True)] * 5
    assert await findings(house) == []


async def test_most_of_the_hub_gone_must_be_confirmed(hub: StandInHub, house: House) -> None:
    names = [_with_weights(hub, f"org/m{'x' * number}") for number in range(1, 7)]
    for model in names:
        await house.bring(model)
    for model in names[:4]:
        shutil.rmtree(house.repository(model))
    answer = (await house.http.post("/api/v1/scans")).json()
    job = await house.ended(answer["job_id"])
    assert job.fault is not None
    assert job.fault.detail.startswith("4 of 6 repositories")
    assert [(await status(house, model))[0] for model in names] == ["ready"] * 6
    await scan(house, accept_missing=True)
    assert [one for one, _ in await problems(house)] == ["missing"] * 4
    assert [(await status(house, model))[0] for model in names] == ["failed"] * 4 + ["ready"] * 2


async def test_another_disk_in_the_stores_place_is_noticed(hub: StandInHub, tmp_path: Path) -> None:
    async with open_house(hub, tmp_path / "home") as house:
        await house.bring(_with_weights(hub, MODEL))
        await scan(house)
    store = tmp_path / "home" / "store"
    store.rename(tmp_path / "unmounted")
    async with open_house(hub, tmp_path / "home") as house:  # makes the folders again, empty
        answer = (await house.http.post("/api/v1/scans")).json()
        assert (await house.ended(answer["job_id"])).status is JobStatus.FAILED
        assert (await status(house))[0] == "ready"
    shutil.rmtree(store)
    (tmp_path / "unmounted").rename(store)
    async with open_house(hub, tmp_path / "home") as house:
        await scan(house)
        assert await status(house) == ("ready", True)


async def test_a_folder_that_cannot_be_read_is_not_judged(hub: StandInHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL)
    blobs = house.repository(MODEL) / "blobs"
    real = blobs.rename(house.store / "blobs")
    blobs.symlink_to(blobs)  # a loop: an error of the disk, also for root
    await scan(house)
    assert await problems(house) == [("unreadable", MODEL)]
    assert await status(house) == ("ready", False)
    blobs.unlink()
    real.rename(blobs)
    await scan(house)
    assert await problems(house) == []
    assert house.contents(MODEL, commit) == RIGHT


async def test_bytes_are_counted_once(hub: StandInHub, house: House) -> None:
    assert (await house.get("/api/v1/store"))["hub_bytes"] is None
    hub.add(MODEL, FILES)
    hub.add(OTHER, {**FILES, "pytorch_model.bin": Blob(7000, 2)})
    await house.bring(MODEL)
    await house.bring(OTHER)  # shares the weights
    (house.store / ".steelyard" / "foreign" / "a").write_bytes(bytes(100))
    (house.store / ".steelyard" / "parts" / "b").write_bytes(bytes(10))
    await scan(house)
    shown = await house.get("/api/v1/store")
    assert shown["bytes_free"] > 0
    assert shown["scanned_at"] is not None
    assert {name: size for name, size in shown.items() if name.endswith("_bytes")} == {
        "hub_bytes": WEIGHTS.size + 2, "quarantine_bytes": 7000, "trash_bytes": 0, "parts_bytes": 10,
        "foreign_bytes": 100,
    }  # fmt: skip


async def test_what_comes_in_meanwhile_is_no_stranger(hub: StandInHub, house: House) -> None:
    names = [f"org/new{number}" for number in range(6)]
    for number, model in enumerate(names):
        hub.add(model, {"config.json": b"{}", LARGE: Blob(500_000, 50 + number)})
    answers = [await house.pull(model) for model in names]
    while [answer for answer in answers if (await house.job(answer["job_id"])).is_live]:
        await scan(house)
        assert await findings(house) == []
    assert [await status(house, model) for model in names] == [("ready", True)] * 6


async def test_a_restored_model_and_one_in_the_trash_are_no_problem(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, FILES)
    await house.bring(MODEL)
    assert (await house.http.delete(f"/api/models/{MODEL}")).status_code == 200
    await scan(house)
    assert await findings(house) == []
    assert (await house.get("/api/v1/store"))["trash_bytes"] == WEIGHTS.size + 2 + 40  # and a reference
    await house.post(f"/api/models/{MODEL}/restore")
    assert (await scan(house)).progress.total_bytes == 0
    assert await findings(house) == []
    assert await status(house) == ("ready", True)
