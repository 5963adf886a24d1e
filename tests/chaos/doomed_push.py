"""A depot that is pushed to and kills itself in the middle of the second commit.

``python -m tests.chaos.doomed_push STEP HOME HUB``. STEP is a step of DiskStorage, after which it dies: ``duplicate``,
``show``, ``sync_folders``; ``before_ref``: the commit is made, and the reference's file does not say so yet; or
``receive``: in the middle of a large file.
"""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2

from steelyard.app import Depot, build, create_app, running
from steelyard.core.digest import Digest
from steelyard.settings import load
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from tests.chaos.doomed import die

REPO = "team/ours"
WEIGHTS = bytes(range(256)) * 40_000
FIRST, SECOND = {"a.txt": b"one"}, {"b.txt": b"two", "c.txt": b"three"}


class DoomedStorage(DiskStorage):
    """Once armed, does one step and dies."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.step = ""

    def duplicate(self, origin: Path, place: Path) -> None:
        """The blob is in its place."""
        super().duplicate(origin, place)
        self._maybe("duplicate")

    def show(self, folder: RepoFolder, commit: str, path: str, digest: Digest) -> None:
        """The snapshot shows it."""
        super().show(folder, commit, path, digest)
        self._maybe("show")

    def sync_folders(self, folder: RepoFolder, commit: str, paths: Iterable[str]) -> None:
        """It would survive a power cut; the table does not know."""
        super().sync_folders(folder, commit, paths)
        self._maybe("sync_folders")

    def write_ref(self, folder: RepoFolder, name: str, commit: str) -> None:
        """The table knows, and the folder does not."""
        self._maybe("before_ref")
        super().write_ref(folder, name, commit)

    def _maybe(self, step: str) -> None:
        if step == self.step:
            die()


async def push(http: httpx2.AsyncClient, files: dict[str, bytes]) -> None:
    """One commit, with the weights."""
    weights = {"path": "m.dat", "algo": "sha256", "oid": sha256(WEIGHTS).hexdigest(), "size": len(WEIGHTS)}
    lines: list[dict[str, Any]] = [
        {"key": "header", "value": {"summary": "change"}}, {"key": "lfsFile", "value": weights},
    ]  # fmt: skip
    for path, data in files.items():
        value = {"path": path, "content": base64.b64encode(data).decode(), "encoding": "base64"}
        lines.append({"key": "file", "value": value})
    body = "\n".join(json.dumps(line) for line in lines)
    (await http.post(f"/hf/api/models/{REPO}/commit/main", content=body)).raise_for_status()


async def send(http: httpx2.AsyncClient, *, halfway: bool) -> None:
    """The weights; dies in their middle."""
    batch = {"operation": "upload", "objects": [{"oid": sha256(WEIGHTS).hexdigest(), "size": len(WEIGHTS)}]}
    answer = await http.post(f"/hf/{REPO}.git/info/lfs/objects/batch", json=batch)
    actions = answer.raise_for_status().json()["objects"][0].get("actions")
    if actions is None:
        return

    async def pieces() -> AsyncIterator[bytes]:
        yield WEIGHTS[: len(WEIGHTS) // 2]
        await asyncio.sleep(0.2)
        if halfway:
            die()
        yield WEIGHTS[len(WEIGHTS) // 2 :]

    (await http.put(httpx2.URL(actions["upload"]["href"]).path, content=pieces())).raise_for_status()


async def run(depot: Depot, storage: DoomedStorage, step: str) -> None:
    """Two commits, of which the second never ends."""
    transport = httpx2.ASGITransport(app=create_app(depot))
    async with running(depot), httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        (await http.post("/hf/api/repos/create", json={"name": "ours", "organization": "team"})).raise_for_status()
        await send(http, halfway=step == "receive")
        await push(http, FIRST)
        storage.step = step
        await push(http, SECOND)


def main(step: str, home: str, hub: str) -> None:
    """Ends by its own hand, or with 0 when the step was never reached."""
    options = {"home": Path(home), "mirror.namespaces": ["team"], "storage.keep_free": 0}
    settings = load({"HF_ENDPOINT": hub}, options).settings
    storage = DoomedStorage(settings.store_path)
    asyncio.run(run(build(settings, storage=storage), storage, step))


if __name__ == "__main__":
    main(*sys.argv[1:])
