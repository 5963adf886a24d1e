"""Pulls, deletions, restores and purges of models that share bytes, all at once, while others read.

In the end no link leads nowhere, every file that the table has is there with the right hash, and purging the rest frees
what each deletion announces, down to an empty disk.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from steelyard.catalog import listing, store, trash_store
from steelyard.catalog.listing import EntryFilter
from steelyard.catalog.models import FileState
from steelyard.core.digest import Digest
from steelyard.core.ids import catalog_id, parse_catalog_id
from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, eventually, open_house

ONE, TWO, THREE, PICKLE = (Blob(size, seed) for size, seed in ((700_000, 81), (300_000, 82), (5_000, 83), (90_000, 84)))
REPOSITORIES: Mapping[str, dict[str, Content]] = {
    "org/a": {"config.json": b"{}", "one.safetensors": ONE, "deep/two.safetensors": TWO},
    "org/b": {"config.json": b"{}", "one.safetensors": ONE, "three.gguf": THREE},
    "org/c": {"two.safetensors": TWO, "three.gguf": THREE, "pytorch_model.bin": PICKLE},
    "org/d": {"README.md": b"# d", "one.safetensors": ONE, "pytorch_model.bin": PICKLE},
}
MODELS = tuple(REPOSITORIES)
BUSY = 503  # others changed the same rows again and again: ask again
ANSWERS = {"pull": {200, 202, 409, 429}, "delete": {200, 404}, "restore": {200, 404, 409}, "purge": {202, 404}}
ACTIONS = ("pull",) * 5 + ("delete",) * 3 + ("restore",) * 2 + ("purge",) * 2
ACTORS = 3
READERS = 2
QUICK: Mapping[str, Any] = {"jobs__lease_seconds": 1.0, "downloads__cooldown_seconds": 0.0}


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
@pytest.mark.timeout(600)
async def test_everything_at_once(hub: StandInHub, home: Path, seed: int, request: pytest.FixtureRequest) -> None:
    rounds = 15 if request.node.get_closest_marker("slow") is None else 100
    commits = {model: hub.add(model, files) for model, files in REPOSITORIES.items()}
    async with open_house(hub, home, **QUICK) as house:
        reading = Reading(house.store / "hub", commits)
        readers = [asyncio.create_task(reading.run()) for _ in range(READERS)]
        await asyncio.gather(*(act(house, random.Random(f"{seed}/{actor}"), rounds) for actor in range(ACTORS)))  # noqa: S311
        await settled(house)
        reading.over = True
        await asyncio.gather(*readers)
        assert reading.wrong == []
        assert reading.seen > 0
        await house.depot.housekeeping.round()
        await settled(house)
        await assert_whole(house)
        for model in MODELS:
            await assert_freed(house, model)
        assert files_of(house.store / "hub") == files_of(house.store / ".steelyard" / "trash") == []
        assert files_of(house.store / ".steelyard" / "quarantine") == []
        assert files_of(house.store / ".steelyard" / "foreign") == [], "a file of ours was taken for a stranger's"


async def act(house: House, choice: random.Random, rounds: int) -> None:
    """One person who cannot make up their mind."""
    for _ in range(rounds):
        action, model = choice.choice(ACTIONS), choice.choice(MODELS)
        answer = await VERBS[action](house, model)
        assert answer in {*ANSWERS[action], BUSY}, (action, model, answer)
        await asyncio.sleep(choice.choice((0, 0, 0.01, 0.1)))


async def pull(house: House, model: str) -> int:
    return (await house.http.post("/pull", json={"model": model})).status_code


async def delete(house: House, model: str) -> int:
    return (await house.http.delete(f"/api/models/{model}")).status_code


async def restore(house: House, model: str) -> int:
    return (await house.http.post(f"/api/models/{model}/restore")).status_code


async def purge(house: House, model: str) -> int:
    return (await house.http.delete(f"/api/models/{model}", params={"purge": "true"})).status_code


VERBS: Mapping[str, Callable[[House, str], Awaitable[int]]] = {
    "pull": pull, "delete": delete, "restore": restore, "purge": purge
}  # fmt: skip


@dataclass
class Reading:
    """Reads what snapshots show, as any program with the cache folder would."""

    hub: Path
    commits: Mapping[str, str]
    over: bool = False
    seen: int = 0
    wrong: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Read until it is over."""
        while not self.over:
            await asyncio.to_thread(self._once)
            await asyncio.sleep(0.005)

    def _once(self) -> None:
        for model, files in REPOSITORIES.items():
            snapshot = self.hub / f"models--{model.replace('/', '--')}" / "snapshots" / self.commits[model]
            for path, content in files.items():
                self._look(model, snapshot / path, content)

    def _look(self, model: str, place: Path, content: Content) -> None:
        try:
            found = place.read_bytes()
        except FileNotFoundError:  # deleted a moment ago
            return
        self.seen += 1
        if found != (content.read() if isinstance(content, Blob) else content):
            self.wrong.append(f"{model}: {place.name}")


async def settled(house: House) -> None:
    """Every job has ended, and what lost its lease has had its time."""

    async def quiet() -> bool:
        counts = await house.depot.jobs.counts()
        return not any(counts.get(status.value) for status in (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED))

    await eventually(quiet, "all jobs have ended", patience=120)
    await asyncio.sleep(0.2)


async def assert_whole(house: House) -> None:
    """Links lead somewhere, and what the table has is on the disk with the right hash."""
    hub = house.store / "hub"
    assert [path for path in hub.rglob("*") if path.is_symlink() and not path.exists()] == []

    def rows(connection: Connection) -> dict[str, tuple[bool, set[tuple[Digest, FileState]]]]:
        found = [line.entry for line in listing.list_page(connection, EntryFilter(), 100, 0)[1]]
        keys = {*(entry.id for entry in found), *trash_store.unpurged(connection)}
        return {
            catalog_id(key): (
                entry.trash is not None,
                {(file.digest, file.state) for _, file in trash_store.listed(connection, key)},
            )
            for key in keys
            if (entry := store.get(connection, key)) is not None
        }

    stored = await house.depot.database.read(rows)
    shelf = {name for name, (deleted, _) in stored.items() if not deleted}
    assert {path.name for path in (house.store / ".steelyard" / "trash").iterdir()} == set(stored) - shelf
    for name, (deleted, files) in stored.items():
        folder = await folder_of(house, name, deleted=deleted)
        for digest, state in files:
            if state is not FileState.LISTED:
                held = house.depot.storage.layout.quarantine(digest)
                assert_right(held if state is FileState.QUARANTINED else folder / "blobs" / digest.hex, digest)


async def folder_of(house: House, name: str, *, deleted: bool) -> Path:
    if deleted:
        return house.store / ".steelyard" / "trash" / name
    entry = (await house.depot.catalog.of_key(parse_catalog_id(name) or 0)).entry
    return house.repository(entry.name.repo)


def assert_right(place: Path, digest: Digest) -> None:
    hasher = digest.hasher(place.stat().st_size)
    hasher.update(place.read_bytes())
    assert hasher.hexdigest() == digest.hex, place


async def assert_freed(house: House, model: str) -> None:
    """Purge one model: the disk has as much more room as was announced."""
    would = await house.http.delete(f"/api/models/{model}", params={"purge": "true", "dry_run": "true"})
    if would.status_code == 404:
        return
    before = used(house)
    answer = (await house.http.delete(f"/api/models/{model}", params={"purge": "true"})).json()
    job = await house.ended(answer["job_id"])
    assert job.status is JobStatus.SUCCEEDED, job.fault
    freed = before - used(house)
    assert would.json()["frees_bytes"] == answer["frees_bytes"] == freed == job.progress.downloaded_bytes, model


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]


def used(house: House) -> int:
    """Bytes of everything but what is coming in, each inode once."""
    folders = (house.store / "hub", *(house.store / ".steelyard" / name for name in ("trash", "quarantine", "foreign")))
    found = {path.lstat().st_ino: path.lstat().st_size for folder in folders for path in files_of(folder)
             if not path.is_symlink()}  # fmt: skip
    return sum(found.values())
