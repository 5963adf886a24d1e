"""Things to import: caches that the real library makes, folders, mount points; and asking a house to import them."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steelyard.jobs.models import Job, JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House
from tests.flows.processes import run

WEIGHTS = Blob(2_500_000, 31)
LARGE = "model.safetensors"
FILES: dict[str, Content] = {"config.json": b'{"model_type": "llama"}', LARGE: WEIGHTS, "deep/er/notes.txt": b"notes"}
RIGHT = {"config.json": b'{"model_type": "llama"}', LARGE: WEIGHTS.read(), "deep/er/notes.txt": b"notes"}
_DOWNLOAD = (
    "import sys; from huggingface_hub import snapshot_download; "
    "print(snapshot_download(sys.argv[1], revision=sys.argv[2], allow_patterns=sys.argv[3:] or None))"
)
_LOAD = (
    "import sys; from huggingface_hub import snapshot_download; "
    "print(snapshot_download(sys.argv[1], local_files_only=True))"
)


async def fill_cache(hub: StandInHub, cache: Path, model: str, *patterns: str, revision: str = "main") -> Path:
    """Let the real library, in a process of its own, download into a cache; the snapshot's folder."""
    done = await run(
        sys.executable, "-c", _DOWNLOAD, model, revision, *patterns, HF_ENDPOINT=hub.url, HF_HUB_CACHE=str(cache),
        HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
    )  # fmt: skip
    assert done.code == 0, done.err
    return Path(done.out.strip())


async def load_offline(house: House, model: str) -> Path:
    """Where the real library finds a model in the store, with no network to help it."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(house.store / "hub")}
    done = await run(sys.executable, "-c", _LOAD, model, **offline)
    assert done.code == 0, done.err
    return Path(done.out.strip())


def write(folder: Path, files: Mapping[str, Content]) -> Path:
    """A plain folder with these files; returns it."""
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        assert not isinstance(content, Path)
        place.write_bytes(content if isinstance(content, bytes) else content.read())
    return folder


async def start(house: House, path: Path, expect: int = 202, **more: Any) -> dict[str, Any]:
    """``POST /api/v1/imports``; the answer's body."""
    answer = await house.http.post("/api/v1/imports", json={"path": str(path), "username": "dora", **more})
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


async def rehearse(house: House, path: Path, **more: Any) -> dict[str, Any]:
    """A dry run."""
    return await start(house, path, 200, dry_run=True, **more)


async def bring(house: House, path: Path, **more: Any) -> dict[str, Any]:
    """Import and wait; the report of an import that succeeded."""
    report = await finish(house, path, **more)
    assert report["status"] == "succeeded", report["error"]
    return report


async def finish(house: House, path: Path, **more: Any) -> dict[str, Any]:
    """Import and wait; the report, whatever came of it."""
    job: Job = await house.ended((await start(house, path, **more))["job_id"])
    assert job.status in {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED}
    return await house.get(f"/api/v1/imports/{job.id}")


def by_model(report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The models of a report or a plan by their names, else by their folders."""
    return {model["model"] or model["folder"]: model for model in report["models"]}


def tree_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Everything below a folder as it is: to be compared with what it is later."""
    stats = {path.relative_to(folder).as_posix(): path.lstat() for path in sorted(folder.rglob("*"))}
    return {name: (stat.st_ino, stat.st_mode, stat.st_mtime_ns) for name, stat in stats.items()}
