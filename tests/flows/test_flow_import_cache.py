"""A Hugging Face cache is imported: whole, without a copy, and only what is right."""

import hashlib
import shutil
import stat
from pathlib import Path

import pytest

from steelyard.core.ref import Kind
from steelyard.testing.hub import Blob, StandInHub
from tests.flows.house import House, contents, open_house
from tests.flows.importing import (
    FILES,
    LARGE,
    RIGHT,
    WEIGHTS,
    bring,
    by_model,
    fill_cache,
    finish,
    load_offline,
    rehearse,
    tree_of,
    write,
)

MODEL = "org/name"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The folder of a cache."""
    return tmp_path / "hf" / "hub"


async def test_a_cache_comes_in_by_links_and_the_real_library_loads_it(
    hub: StandInHub, house: House, cache: Path
) -> None:
    commit = hub.add(MODEL, FILES)
    snapshot = await fill_cache(hub, cache, MODEL)
    before = tree_of(cache)
    report = await bring(house, cache)
    [model] = report["models"]
    assert (model["model"], model["status"], model["source"]) == (MODEL, "imported", "huggingface")
    assert model["revisions"] == [
        {"revision": commit, "refs": ["main"], "files": 3, "bytes": sum(map(len, RIGHT.values())), "refused": []}
    ]
    assert (model["bytes_linked"], model["bytes_copied"]) == (sum(map(len, RIGHT.values())), 0)
    assert contents(await load_offline(house, MODEL)) == RIGHT
    own = house.repository(MODEL) / "snapshots" / commit / LARGE
    assert own.stat().st_ino == (snapshot / LARGE).stat().st_ino
    assert tree_of(cache) == before
    card = await house.get(f"/api/models/{MODEL}")
    assert (card["status"], card["revision"], card["owner"]) == ("ready", commit, "dora")
    assert card["stats"]["first_downloaded_by"] is None
    assert card["stats"]["download_count"] == 0
    assert (await house.get(f"/api/models/{MODEL}/exists"))["exists"]


async def test_a_dry_run_says_what_then_happens(hub: StandInHub, house: House, cache: Path) -> None:
    hub.add(MODEL, FILES)
    hub.add("gpt2", {"config.json": b"{}", "again.safetensors": WEIGHTS})
    for model in (MODEL, "gpt2"):
        await fill_cache(hub, cache, model)
    for more in ({}, {"copy": True}):
        plan = await rehearse(house, cache.parent, **more)
        assert plan["dry_run"]
        if not more:
            assert (await house.get("/api/models"))["count"] == 0
            assert (await house.get("/api/v1/imports"))["count"] == 0
        report = await bring(house, cache.parent, **more)
        assert [strip(model) for model in report["models"]] == plan["models"]
        assert report["totals"] == plan["totals"]


def strip(model: dict[str, object]) -> dict[str, object]:
    """Without what only a job has; the weights of these tests are noise."""
    assert model.pop("state") == "ended"
    return model | {"problems": []}


async def test_a_copy_has_its_own_inodes_and_shares_within_the_store(
    hub: StandInHub, house: House, cache: Path
) -> None:
    hub.add(MODEL, FILES)
    hub.add("gpt2", {"again.safetensors": WEIGHTS})
    snapshots = {model: await fill_cache(hub, cache, model) for model in (MODEL, "gpt2")}
    plan = await rehearse(house, cache, copy=True)
    report = await bring(house, cache, copy=True)
    models = by_model(report)
    assert models["gpt2"]["bytes_copied"] == WEIGHTS.size
    assert models[MODEL]["bytes_copied"] == sum(map(len, RIGHT.values())) - WEIGHTS.size
    assert models[MODEL]["bytes_linked"] == WEIGHTS.size
    assert plan["totals"] == report["totals"]
    own = await load_offline(house, MODEL)
    assert contents(own) == RIGHT
    assert (own / LARGE).stat().st_ino not in {path.stat().st_ino for path in snapshots[MODEL].rglob("*")}
    assert (own / LARGE).stat().st_ino == (await load_offline(house, "gpt2") / "again.safetensors").stat().st_ino
    assert (own / LARGE).stat().st_mode & 0o777 == 0o444
    assert house.parts() == 0


async def test_importing_again_changes_nothing_and_reads_nothing(hub: StandInHub, house: House, cache: Path) -> None:
    hub.add(MODEL, FILES)
    await fill_cache(hub, cache, MODEL)
    await bring(house, cache)
    before, card = tree_of(house.repository(MODEL)), await house.get(f"/api/models/{MODEL}")
    [model] = (await bring(house, cache))["models"]
    assert (model["status"], model["bytes_linked"], model["bytes_copied"]) == ("here", 0, 0)
    assert model["bytes_here"] == sum(map(len, RIGHT.values()))
    assert tree_of(house.repository(MODEL)) == before
    after = await house.get(f"/api/models/{MODEL}")
    assert {**after, "stats": None} == {**card, "stats": None}


async def test_every_snapshot_and_reference_comes(hub: StandInHub, house: House, cache: Path) -> None:
    first = hub.add(MODEL, FILES, tag="v1")
    second = hub.add(MODEL, {**FILES, "config.json": b"{ }"})
    await fill_cache(hub, cache, MODEL, revision="v1")
    await fill_cache(hub, cache, MODEL)
    [model] = (await bring(house, cache))["models"]
    assert {one["revision"]: one["refs"] for one in model["revisions"]} == {first: ["v1"], second: ["main"]}
    assert set((await house.get(f"/api/models/{MODEL}"))["revisions"]) == {first, second}
    refs = house.repository(MODEL) / "refs"
    assert {path.name: path.read_text() for path in refs.iterdir()} == {"v1": first, "main": second}
    assert (await house.get(f"/api/models/{MODEL}/exists", revision="v1"))["exists"]


async def test_the_revision_that_main_means_is_the_newest(hub: StandInHub, house: House, cache: Path) -> None:
    commit = hub.add(MODEL, FILES)
    snapshot = await fill_cache(hub, cache, MODEL)
    for other in ("0" * 40, "f" * 40):  # before it and behind it by name
        shutil.copytree(snapshot, snapshot.with_name(other), symlinks=True)
    [model] = (await bring(house, cache))["models"]
    assert len(model["revisions"]) == 3
    card = await house.get(f"/api/models/{MODEL}")
    assert (card["revision"], card["revisions"][0], len(card["revisions"])) == (commit, commit, 3)


async def test_a_newer_reference_of_ours_stays(hub: StandInHub, house: House, cache: Path) -> None:
    old = hub.add(MODEL, FILES)
    await fill_cache(hub, cache, MODEL)
    new = hub.add(MODEL, {**FILES, "config.json": b"[]"})
    await house.bring(MODEL)
    await bring(house, cache)
    assert (house.repository(MODEL) / "refs" / "main").read_text() == new
    assert (await house.get(f"/api/models/{MODEL}", expect=200))["revision"] in {old, new}
    assert (await house.pull(MODEL, expect=200))["revision"] == new


async def test_a_blob_that_is_not_what_its_name_says_is_refused(hub: StandInHub, house: House, cache: Path) -> None:
    commit = hub.add(MODEL, FILES)
    snapshot = await fill_cache(hub, cache, MODEL)
    blob = (snapshot / LARGE).resolve()
    blob.chmod(0o644)
    blob.write_bytes(b"x" * WEIGHTS.size)
    for more in ({}, {"copy": True}):
        report = await finish(house, cache, **more)
        [model] = report["models"]
        [revision] = model["revisions"]
        assert model["status"] == "incomplete"
        assert revision["refused"] == [{"path": LARGE, "reason": "its bytes are not what its name says"}]
        assert revision["files"] == 2
        assert set(house.contents(MODEL, commit)) == set(FILES) - {LARGE}
        assert (await house.get(f"/api/models/{MODEL}"))["status"] == "partial"
        assert not (await house.get(f"/api/models/{MODEL}/exists"))["exists"]
        assert not (house.repository(MODEL) / "refs").exists()
    sent = len(hub.ledger.requests(call="resolve"))
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == RIGHT
    assert len(hub.ledger.requests(call="resolve")) == sent + 1
    assert blob.read_bytes() == b"x" * WEIGHTS.size


async def test_a_part_of_a_repository_is_not_taken_for_the_whole(hub: StandInHub, house: House, cache: Path) -> None:
    commit = hub.add(MODEL, FILES)
    await fill_cache(hub, cache, MODEL, "config.json")
    await bring(house, cache)
    assert (await house.get(f"/api/models/{MODEL}"))["status"] == "ready"
    sent = len(hub.ledger.requests(call="resolve"))
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == RIGHT
    assert len(hub.ledger.requests(call="resolve")) == sent + 2
    assert len(hub.ledger.requests(file="config.json", method="GET")) == 1
    assert (await house.pull(MODEL, expect=200))["status"] == "succeeded"


async def test_the_hub_has_the_last_word_about_a_commit(hub: StandInHub, house: House, cache: Path) -> None:
    commit = hub.add(MODEL, FILES)
    snapshot = await fill_cache(hub, cache, MODEL)
    other = Blob(1000, 99).read()
    digest = hub.repos.find(Kind.MODEL, MODEL).commits[commit].files["config.json"].git_oid
    assert (snapshot / "config.json").resolve().name == digest
    liar = snapshot.parents[1] / "blobs" / hashlib.sha256(other).hexdigest()
    liar.write_bytes(other)
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to(f"../../blobs/{liar.name}")
    (snapshot / "extra.bin.txt").symlink_to(f"../../blobs/{liar.name}")
    await bring(house, cache)
    assert house.contents(MODEL, commit)["config.json"] == other
    await house.bring(MODEL)
    assert house.contents(MODEL, commit)["config.json"] == RIGHT["config.json"]
    files = (await house.get(f"/api/models/{MODEL}/files"))["files"]
    assert {file["path"] for file in files} == set(FILES)


async def test_a_revision_that_is_known_takes_only_what_its_hub_lists(
    hub: StandInHub, house: House, cache: Path
) -> None:
    commit = hub.add(MODEL, FILES)
    await house.bring(MODEL, include=["config.json"])
    snapshot = await fill_cache(hub, cache, MODEL)
    (snapshot / "extra.json").symlink_to((snapshot / "config.json").readlink())
    [model] = (await bring(house, cache))["models"]
    assert model["revisions"][0]["refused"] == [
        {"path": "extra.json", "reason": "the hub lists other bytes under this name, or none"}
    ]
    assert house.contents(MODEL, commit) == RIGHT


async def test_files_in_place_of_links_come_too(hub: StandInHub, house: House, cache: Path) -> None:
    commit = hub.add(MODEL, FILES)
    snapshot = await fill_cache(hub, cache, MODEL)
    for path in [path for path in snapshot.rglob("*") if path.is_symlink()]:
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    for blob in (snapshot.parents[1] / "blobs").iterdir():
        blob.unlink()
    [model] = (await bring(house, cache))["models"]
    assert model["status"] == "imported"
    assert house.contents(MODEL, commit) == RIGHT
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == RIGHT


async def test_blobs_that_repositories_of_a_cache_share(hub: StandInHub, house: House, cache: Path) -> None:
    commit = hub.add(MODEL, FILES)
    snapshot = await fill_cache(hub, cache, MODEL)
    blob = (snapshot / LARGE).resolve()
    shared = cache / "blobs" / "ab" / f"ab{'0' * 62}"
    shared.parent.mkdir(parents=True)
    blob.rename(shared)
    blob.symlink_to(f"../../blobs/ab/{shared.name}")
    [model] = (await bring(house, cache))["models"]
    assert model["status"] == "imported"
    assert house.contents(MODEL, commit) == RIGHT
    own = house.repository(MODEL) / "snapshots" / commit / LARGE
    assert own.stat().st_ino == shared.stat().st_ino
    assert not own.resolve().is_symlink()


async def test_leftovers_of_the_library_are_ignored(hub: StandInHub, house: House, cache: Path) -> None:
    commit = hub.add(MODEL, FILES)
    snapshot = await fill_cache(hub, cache, MODEL)
    repository = snapshot.parents[1]
    (repository / "blobs" / f"{'a' * 64}.incomplete").write_bytes(b"half")
    (repository / ".no_exist" / commit).mkdir(parents=True, exist_ok=True)
    (repository / "refs" / "gone").write_text("b" * 40)
    [model] = (await bring(house, cache))["models"]
    assert model["status"] == "imported"
    assert model["revisions"][0]["refs"] == ["main"]
    assert sorted(path.name for path in (house.repository(MODEL) / "refs").iterdir()) == ["main"]


async def test_pickles_wait_for_an_administrator(hub: StandInHub, house: House, cache: Path) -> None:
    commit = hub.add(MODEL, {"config.json": b"{}", "pytorch_model.bin": WEIGHTS})
    snapshot = await fill_cache(hub, cache, MODEL)
    plan = await rehearse(house, cache)
    report = await bring(house, cache)
    assert plan["totals"] == report["totals"]
    assert (report["totals"]["bytes_linked"], report["totals"]["bytes_copied"]) == (2, WEIGHTS.size)
    assert set(house.contents(MODEL, commit)) == {"config.json"}
    assert (await house.get(f"/api/models/{MODEL}"))["status"] == "quarantined"
    [waiting] = (house.store / ".steelyard" / "quarantine").iterdir()
    assert waiting.read_bytes() == WEIGHTS.read()
    assert (waiting.stat().st_nlink, stat.S_IMODE(waiting.stat().st_mode)) == (1, 0o600)
    (snapshot / "pytorch_model.bin").resolve().write_bytes(bytes(WEIGHTS.size))
    assert waiting.read_bytes() == WEIGHTS.read()
    await house.bring(MODEL)
    assert len(hub.ledger.requests(file="pytorch_model.bin", method="GET")) == 1


async def test_what_strangers_put_into_our_own_hub_is_taken_over_in_place(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add(MODEL, {**FILES, "old.bin": Blob(5000, 4)})
    async with open_house(hub, tmp_path / "home") as house:
        snapshot = await fill_cache(hub, house.store / "hub", MODEL)
        inode = (snapshot / LARGE).stat().st_ino
        plan = await rehearse(house, house.store)
        report = await bring(house, house.store)
        [model] = report["models"]
        assert (model["status"], model["bytes_linked"], model["bytes_copied"]) == ("imported", 0, 5000)
        assert plan["totals"] == report["totals"]
        assert (snapshot / LARGE).stat().st_ino == inode
        assert house.contents(MODEL, commit) == RIGHT
        assert (await house.get(f"/api/models/{MODEL}"))["status"] == "ready"
        again = await bring(house, house.store / "hub")
        assert again["models"][0]["status"] == "here"
        await house.bring(MODEL)
        assert len(hub.ledger.requests(file=LARGE, method="GET")) == 1


async def test_what_the_catalog_owns_of_our_own_hub_is_here(hub: StandInHub, house: House, tmp_path: Path) -> None:
    hub.add(MODEL, FILES)
    hub.add("acme/pick", {"old.bin": Blob(5000, 4)})
    hub.add("gpt2", FILES)
    await house.bring(MODEL)
    await house.bring("acme/pick")
    await bring(house, write(tmp_path / "alpha", FILES), name="team/alpha")
    await fill_cache(hub, house.store / "hub", "gpt2")
    before = {name: tree_of(house.repository(name)) for name in (MODEL, "team/alpha")}
    plan, report = await rehearse(house, house.store), await bring(house, house.store)
    assert plan["totals"] == report["totals"]
    told = {name: (model["status"], model["source"]) for name, model in by_model(report).items()}
    assert told == {
        MODEL: ("here", "huggingface"), "acme/pick": ("here", "huggingface"), "gpt2": ("imported", "huggingface"),
        "team/alpha": ("here", "folder"),
    }  # fmt: skip
    assert by_model(report)["team/alpha"]["bytes_here"] == sum(map(len, RIGHT.values()))
    assert {name: tree_of(house.repository(name)) for name in before} == before
    assert (await house.get("/api/models/acme/pick"))["status"] == "quarantined"


async def test_a_strangers_revision_in_the_place_of_a_folder_model(
    hub: StandInHub, house: House, tmp_path: Path
) -> None:
    hub.add(MODEL, FILES)
    await bring(house, write(tmp_path / "mine", {"config.json": b"[]"}), name=MODEL)
    await fill_cache(hub, house.store / "hub", MODEL)
    [model] = (await finish(house, house.store))["models"]
    assert (model["status"], "--name" in model["reason"]) == ("refused", False)
    assert (await house.get(f"/api/models/{MODEL}"))["source"] == "folder"
