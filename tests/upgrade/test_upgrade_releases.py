"""A stored database of each release comes up under this code, with everything in it."""

import sqlite3
from pathlib import Path

import pytest

from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import open_house

RELEASES = sorted((Path(__file__).parents[1] / "data" / "releases").iterdir())
FILES: dict[str, Content] = {"config.json": b'{"model_type": "bert"}', "model.safetensors": Blob(4000, 1)}


def restore(release: Path, home: Path) -> None:
    """Put the databases of a release into a home folder."""
    home.mkdir()
    for dump, name in (("depot.sql", "steelyard.db"), ("usage.sql", "steelyard-usage.db")):
        connection = sqlite3.connect(home / name)
        connection.executescript((release / dump).read_text())
        connection.close()


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
async def test_a_stored_database_of_each_release_is_upgraded(release: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    restore(release, home)
    async with StandInHub() as hub, open_house(hub, home) as house:
        hub.add("org/small", FILES)
        found = {model["model"]: model for model in (await house.get("/api/models"))["models"]}
        assert {name: model["status"] for name, model in found.items()} == {
            "org/small": "ready", "org/other": "quarantined"
        }  # fmt: skip
        stats = found["org/small"]["stats"]
        assert (stats["download_count"], stats["first_downloaded_by"], stats["access_count"]) == (2, "alice", 1)
        history = await house.get("/api/v1/downloads/history", source="huggingface")
        assert [(line["username"], line["status"]) for line in history["requests"]] == [
            ("carol", "failed"), ("bob", "completed"), ("bob", "completed"), ("alice", "completed")
        ]  # fmt: skip
        assert (await house.get("/api/v1/events", user="carol"))["count"] >= 3
        job = await house.bring("org/small", "dave")
        assert job.fault is None
    assert list(home.glob("steelyard.db.before-*")), "the file is copied before it changes"
