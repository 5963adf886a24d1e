"""A mount point with models_db.json and access_log.json: names, owners and first downloads are kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import Blob, StandInHub
from tests.flows.house import House
from tests.flows.importing import FILES, LARGE, RIGHT, bring, by_model, fill_cache, finish, rehearse, write

DB: dict[str, Any] = {
    "1": {
        "id": "1", "name": "GPT 2", "model_id": "gpt2", "description": "the small one", "tags": ["nlp", "small"],
        "path": "/models/gpt2", "status": "ready", "downloaded_by": "alice", "created_at": "2024-03-01T10:00:00",
        "unknown_field": {"deep": [1, 2]},
    },
    "2": {"name": "llama", "hf_model_id": "meta/llama", "directory": "meta_llama", "tags": "chat, large"},
}  # fmt: skip
LOG = [
    {"timestamp": "2024-03-01T09:59:00", "username": "alice", "ip": "10.0.0.7", "action": "download", "model": "gpt2"},
    {"timestamp": "2024-03-05T12:00:00", "username": "bob", "ip": "10.0.0.8", "action": "download", "model_id": "1"},
    {"timestamp": "2024-03-05T12:00:00", "username": "bob", "ip": "10.0.0.8", "action": "get", "model_id": "gpt2"},
    {"timestamp": "2024-02-01T08:00:00Z", "username": "carol", "ip_address": "10.0.0.9", "action": "download",
     "model": "meta/llama"},
    "no object",
]  # fmt: skip


def mount(folder: Path, database: object = DB, log: object = LOG) -> Path:
    """A mount point with two models."""
    write(folder / "gpt2", FILES)
    write(folder / "meta_llama", {"config.json": b"{}", LARGE: Blob(3000, 5)})
    (folder / "models_db.json").write_text(database if isinstance(database, str) else json.dumps(database))
    if log is not None:
        (folder / "access_log.json").write_text(log if isinstance(log, str) else json.dumps(log))
    return folder


@pytest.mark.parametrize("database", [DB, list(DB.values()), {"models": list(DB.values())}, {"models": DB}])
async def test_names_owners_and_first_downloads_are_kept(house: House, tmp_path: Path, database: object) -> None:
    folder = mount(tmp_path / "mnt", database)
    plan = await rehearse(house, folder)
    assert plan["kind"] == "mount"
    report = await bring(house, folder)
    assert report["totals"] == plan["totals"]
    assert {name: model["status"] for name, model in by_model(report).items()} == {
        "gpt2": "imported", "meta/llama": "imported"
    }  # fmt: skip
    card = await house.get("/api/models/gpt2")
    told = ("name", "description", "tags", "owner", "downloaded_by")
    assert [card[name] for name in told] == ["GPT 2", "the small one", ["nlp", "small"], "alice", "alice"]
    stats = card["stats"]
    assert stats["first_downloaded_by"] == "alice"
    assert stats["first_downloaded_at"].startswith("2024-03-01T09:59:00")
    assert stats["first_downloaded_from"] == "10.0.0.7"
    assert stats["download_count"] == 2
    other = await house.get("/api/models/meta/llama")
    assert [other[name] for name in told] == ["llama", None, ["chat", "large"], "carol", "carol"]
    assert house.contents("gpt2", card["revision"]) == RIGHT


async def test_importing_again_counts_nothing_twice(house: House, tmp_path: Path) -> None:
    folder = mount(tmp_path / "mnt")
    await bring(house, folder)
    card = await house.get("/api/models/gpt2")
    report = await bring(house, folder)
    assert {model["status"] for model in report["models"]} == {"here"}
    assert (await house.get("/api/models/gpt2"))["stats"]["download_count"] == card["stats"]["download_count"]


async def test_without_records_nothing_is_made_up(house: House, tmp_path: Path) -> None:
    folder = mount(tmp_path / "mnt", {"1": {"name": "gpt2"}}, log=None)
    await bring(house, folder)
    card = await house.get("/api/models/gpt2")
    assert (card["owner"], card["downloaded_by"]) == ("dora", None)
    assert card["stats"]["download_count"] == 0


async def test_a_downloader_without_time_or_address(house: House, tmp_path: Path) -> None:
    folder = mount(tmp_path / "mnt", {"1": {"name": "gpt2", "downloaded_by": "alice"}}, log=None)
    await bring(house, folder)
    stats = (await house.get("/api/models/gpt2"))["stats"]
    assert (stats["first_downloaded_by"], stats["first_downloaded_from"]) == ("alice", None)
    assert stats["first_downloaded_at"] is not None


async def test_hostile_and_broken_entries_are_told_one_by_one(house: House, tmp_path: Path) -> None:
    write(tmp_path / "secret", {"config.json": b"{}"})
    database = {
        **DB, "3": {"name": "up", "path": "../secret"}, "4": {"name": "gone", "status": "downloading"}, "5": "text",
        "6": {"name": "link", "path": "link"}, "7": {"name": "../secret"}, "8": {"name": "all", "path": "."},
        "9": {"path": "gpt2"},
    }  # fmt: skip
    folder = mount(tmp_path / "mnt", database, log="{broken")
    (folder / "link").symlink_to(tmp_path / "secret")
    report = await bring(house, folder)
    reasons = {name: model["reason"] for name, model in by_model(report).items() if model["status"] == "refused"}
    assert reasons == {
        "up": "its path leads out of the mount point",
        "gone": "its folder is not there; its status is 'downloading'",
        "models_db.json: 5": "the entry is no object",
        "link": "its folder is not there",
        "../secret": "its folder is not there",
        "all": "its folder is not there",
        "access_log.json": "access_log.json cannot be used, so first downloads are not known: it is no JSON",
        "gpt2": "another folder of this import has that name",
    }
    assert report["totals"]["models"] == 2


@pytest.mark.parametrize("database", ["{broken", "7", '"text"', "[" * 100_000])
async def test_broken_records(house: House, tmp_path: Path, database: str) -> None:
    report = await finish(house, mount(tmp_path / "mnt", database))
    assert report["status"] == "failed"
    assert "models_db.json cannot be used" in report["error"]


async def test_a_cache_within_a_mount_point_keeps_its_commit(hub: StandInHub, house: House, tmp_path: Path) -> None:
    commit = hub.add("org/name", FILES)
    folder = mount(tmp_path / "mnt", {"1": {"name": "Ours", "model_id": "org/name", "downloaded_by": "alice"}})
    await fill_cache(hub, folder, "org/name")
    report = await bring(house, folder)
    assert by_model(report)["org/name"]["source"] == "huggingface"
    card = await house.get("/api/models/org/name")
    assert (card["revision"], card["name"], card["owner"]) == (commit, "Ours", "alice")
