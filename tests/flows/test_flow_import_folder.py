"""Plain folders are imported: under which names, at which revision, and what of them must be refused."""

import os
from pathlib import Path

import pytest

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, StandInHub
from steelyard.testing.weights import Tensor, gguf_bytes
from tests.flows.house import House, contents, open_house, slug
from tests.flows.importing import (
    FILES,
    LARGE,
    RIGHT,
    bring,
    by_model,
    finish,
    load_offline,
    rehearse,
    start,
    tree_of,
    write,
)

MODEL = "team/llama"


async def test_a_folder_becomes_a_model_that_the_real_library_loads(house: House, tmp_path: Path) -> None:
    folder = write(tmp_path / "my llama", FILES)
    before = tree_of(folder)
    plan = await rehearse(house, folder, name=MODEL)
    report = await bring(house, folder, name=MODEL)
    [model] = report["models"]
    [revision] = model["revisions"]
    assert plan["totals"] == report["totals"]
    assert plan["models"][0]["revisions"][0]["revision"] is None
    assert (model["model"], model["source"], model["status"]) == (MODEL, "folder", "imported")
    assert (revision["refs"], revision["files"], len(revision["revision"])) == (["main"], 3, 40)
    found = await load_offline(house, MODEL)
    assert contents(found) == RIGHT
    assert found.name == revision["revision"]
    assert (found / LARGE).stat().st_ino == (folder / LARGE).stat().st_ino
    assert tree_of(folder) == before
    card = await house.get(f"/api/models/{MODEL}")
    assert (card["status"], card["source"], card["owner"], card["format"]) == ("ready", "folder", "dora", "safetensors")
    assert {file["path"]: len(file["sha256"]) for file in card["files"]} == dict.fromkeys(FILES, 64)


async def test_what_came_in_broken_is_kept_and_told(house: House, tmp_path: Path) -> None:
    folder = write(tmp_path / "cut", {"cut-Q8_0.gguf": gguf_bytes({}, {"a": Tensor((256, 8), "Q8_0")})[:-1000]})
    [model] = (await bring(house, folder))["models"]
    assert model["status"] == "imported"
    assert model["problems"] == (await house.get("/api/models/cut"))["problems"]
    assert model["problems"][0].startswith("cut-Q8_0.gguf: ")
    [listed] = (await house.get("/api/models"))["models"]
    assert listed["problems"] == model["problems"]


@pytest.mark.parametrize("copy", [False, True])
async def test_importing_again_changes_nothing(house: House, tmp_path: Path, copy: bool) -> None:
    folder = write(tmp_path / "llama", FILES)
    first = (await bring(house, folder, copy=copy))["models"][0]
    before = tree_of(house.repository("llama"))
    second = (await bring(house, folder, copy=copy))["models"][0]
    assert (first["status"], second["status"]) == ("imported", "here")
    assert first["revisions"] == second["revisions"]
    assert second["bytes_here"] == first["bytes_copied" if copy else "bytes_linked"] == sum(map(len, RIGHT.values()))
    assert tree_of(house.repository("llama")) == before


async def test_the_same_files_elsewhere_are_the_same_revision(house: House, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name / "llama", FILES)
    first = await bring(house, tmp_path / "one" / "llama")
    second = await bring(house, tmp_path / "two" / "llama")
    assert second["models"][0]["status"] == "here"
    assert first["models"][0]["revisions"] == second["models"][0]["revisions"]


async def test_a_changed_folder_is_a_new_revision(house: House, tmp_path: Path) -> None:
    folder = write(tmp_path / "llama", FILES)
    first = (await bring(house, folder))["models"][0]["revisions"][0]["revision"]
    (folder / "config.json").unlink()
    (folder / "config.json").write_bytes(b"{}")
    second = (await bring(house, folder))["models"][0]["revisions"][0]["revision"]
    card = await house.get("/api/models/llama")
    assert (card["revision"], set(card["revisions"])) == (second, {first, second})
    assert house.contents("llama", first) == RIGHT


async def test_a_folder_of_folders_is_many_models(house: House, tmp_path: Path) -> None:
    write(tmp_path / "shelf", {"README.md": b"# Ours\n", "docs/how.md": b"so"})
    for name in ("llama", "team/mistral", "Bad  name!!"):
        write(tmp_path / "shelf" / name, {"config.json": name.encode(), LARGE: Blob(2000, len(name))})
    report = await bring(house, tmp_path / "shelf")
    assert {name: model["status"] for name, model in by_model(report).items()} == dict.fromkeys(
        ("llama", "team/mistral", "Bad-name"), "imported"
    )
    assert set(contents(await load_offline(house, "team/mistral"))) == {"config.json", LARGE}


async def test_pulling_it_later(hub: StandInHub, house: House, tmp_path: Path) -> None:
    hub.add(MODEL, {"config.json": b"the hub's own"})
    folder = write(tmp_path / "llama", FILES)
    commit = (await bring(house, folder, name=MODEL))["models"][0]["revisions"][0]["revision"]
    for asked in (MODEL, f"{MODEL}@main", f"{MODEL}@{commit}"):
        answer = await house.pull(asked, expect=200)
        assert (answer["status"], answer["revision"]) == ("succeeded", commit)
    for asked in (f"{MODEL}@v2", f"{MODEL}@{'b' * 40}"):
        problem = await house.pull(asked, expect=409)
        assert slug(problem) == "only-from-folder"
        assert "steelyard import" in problem["hint"]
    (house.repository(MODEL) / "snapshots" / commit / LARGE).resolve().unlink()
    assert slug(await house.pull(MODEL, expect=409)) == "only-from-folder"
    assert (await house.get("/jobs", kind="download"))["count"] == 0
    again = (await bring(house, folder, name=MODEL))["models"][0]
    assert again["status"] in {"imported", "here"}
    assert contents(await load_offline(house, MODEL)) == RIGHT
    assert (await house.pull(MODEL, expect=200))["status"] == "succeeded"


async def test_a_name_that_another_source_has_is_refused(hub: StandInHub, house: House, tmp_path: Path) -> None:
    hub.add(MODEL, FILES)
    await house.bring(MODEL)
    folder = write(tmp_path / "llama", {**FILES, "config.json": b"[]"})
    plan = await rehearse(house, folder, name=MODEL)
    assert plan["models"][0]["status"] == "refused"
    report = await finish(house, folder, name=MODEL)
    assert (report["status"], report["models"][0]["status"]) == ("failed", "refused")
    assert "--name" in report["error"]
    assert (await house.get(f"/api/models/{MODEL}"))["source"] == "huggingface"
    assert (await bring(house, folder, name="team/other"))["models"][0]["status"] == "imported"


async def test_what_is_no_plain_file_is_refused(house: House, tmp_path: Path) -> None:
    write(tmp_path / "outside", {"secret.txt": b"secret"})
    folder = write(tmp_path / "llama", {**FILES, "inside.json": b"[1]", "we?ird": b"x", ".git/config": b"no"})
    os.mkfifo(folder / "pipe")
    (folder / "out.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (folder / "up.txt").symlink_to("../outside/secret.txt")
    (folder / "folder").symlink_to(tmp_path / "outside")
    (folder / "nowhere").symlink_to("nothing")
    (folder / "circle").symlink_to("circle")
    (folder / "alias.json").symlink_to("inside.json")
    [model] = (await bring(house, folder))["models"]
    [revision] = model["revisions"]
    out = "it is a link that leads out of the folder"
    assert {one["path"]: one["reason"] for one in revision["refused"]} == {
        "pipe": "it is no regular file", "out.txt": out, "up.txt": out, "folder": out,
        "nowhere": "it is a link to nothing", "circle": "it is a link to nothing",
        "we?ird": "its name cannot be stored safely on every system",
    }  # fmt: skip
    assert model["status"] == "incomplete"
    seen = house.contents("llama", revision["revision"])
    assert seen == {**RIGHT, "inside.json": b"[1]", "alias.json": b"[1]"}
    assert (await house.get("/api/models/llama"))["status"] == "partial"


async def test_names_of_every_kind(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "llama"
    write(folder, FILES)
    for name in (b"\xff\xfe", b"n" * 255, "ü".encode(), b"new\nline"):
        (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(b"x")
    [model] = (await bring(house, folder))["models"]
    [revision] = model["revisions"]
    assert revision["files"] == len(FILES) + 2
    assert len(revision["refused"]) == 2


async def test_paths_outside_the_roots_are_refused(hub: StandInHub, tmp_path: Path) -> None:
    allowed, other = write(tmp_path / "allowed" / "llama", FILES), write(tmp_path / "other" / "llama", FILES)
    (tmp_path / "allowed" / "link").symlink_to(other)
    async with open_house(hub, tmp_path / "home", imports__roots=[str(tmp_path / "allowed")]) as house:
        for path in (other, tmp_path / "allowed" / "link", tmp_path / "allowed" / ".." / "other", tmp_path / "nothing"):
            for dry_run in (False, True):
                problem = await start(house, path, 403, dry_run=dry_run)
                assert slug(problem) == "import-path-refused"
                assert "STEELYARD_IMPORTS__ROOTS" in problem["hint"]
                assert str(tmp_path) not in problem["detail"] + problem["hint"]
        assert (await bring(house, allowed))["models"][0]["status"] == "imported"


@pytest.mark.parametrize("moved", [False, True])
async def test_a_worker_goes_by_what_was_allowed_and_where_it_led_then(
    hub: StandInHub, home: Path, tmp_path: Path, moved: bool
) -> None:
    meant, other = write(tmp_path / "meant", FILES), write(tmp_path / "other", FILES)
    link = tmp_path / "link"
    link.symlink_to(meant)
    async with open_house(hub, home, roles=["api"]) as house:
        job_id = (await start(house, link))["job_id"]
    link.unlink()
    link.symlink_to(other)
    if moved:
        meant.rename(tmp_path / "away")
        meant.symlink_to(other)
    async with open_house(hub, home, imports__roots=[]) as house:  # as a worker whose own settings allow nothing
        job = await house.ended(job_id)
        if moved:
            assert (job.status, job.fault and job.fault.slug) == (JobStatus.FAILED, "import-path-refused")
        else:
            assert job.status is JobStatus.SUCCEEDED, job.fault
            assert [model["folder"] for model in (await house.get(f"/api/v1/imports/{job_id}"))["models"]] == ["meant"]


async def test_beyond_loopback_only_the_own_store_may_be_imported(hub: StandInHub, tmp_path: Path) -> None:
    folder = write(tmp_path / "llama", FILES)
    beyond = "0.0.0.0"  # noqa: S104 - nobody listens
    async with open_house(hub, tmp_path / "home", server__host=beyond, server__auth="open") as house:
        assert slug(await start(house, folder, 403)) == "import-path-refused"
        assert slug(await start(house, house.store / ".steelyard", 403)) == "import-path-refused"
        for kind in ("auto", "huggingface", "folder", "mount"):
            assert slug(await start(house, house.store, 400, dry_run=True, kind=kind)) == "nothing-to-import"


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({"path": "relative"}, 422, "import-path-invalid"), ({"path": "/no/such/folder"}, 404, "import-path-missing"),
        ({"path": "/"}, 400, "nothing-to-import"), ({"path": "/x", "kind": "zip"}, 422, "invalid"),
        ({"path": "/x", "more": 1}, 422, "invalid"), ({}, 422, "invalid"), ({"path": 3}, 422, "invalid"),
        ({"path": "/x", "name": "a/b/c"}, 400, "import-name-unclear"), ({"path": "/x\n"}, 422, "invalid"),
        ({"path": "/x", "name": "../up"}, 400, "import-name-unclear"),
        ({"path": "/" + "x" * 4000}, 404, "import-path-missing"),
    ],
)  # fmt: skip
async def test_bad_requests(house: House, body: dict[str, object], status: int, name: str) -> None:
    answer = await house.http.post("/api/v1/imports", json=body)
    assert (answer.status_code, slug(answer.json())) == (status, name), answer.text


async def test_unknown_imports(house: House, tmp_path: Path) -> None:
    assert slug(await house.get("/api/v1/imports/nothing", expect=404)) == "import-missing"
    report = await bring(house, write(tmp_path / "llama", FILES))
    page = await house.get("/api/v1/imports")
    assert (page["count"], page["imports"][0]["job_id"]) == (1, report["job_id"])
    assert "models" not in page["imports"][0]
    assert (await house.get("/jobs", kind="import"))["count"] == 1


async def test_an_empty_folder(house: House, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    report = await finish(house, tmp_path / "empty")
    assert (report["status"], report["models"][0]["reason"]) == ("failed", "there is no file in it")
