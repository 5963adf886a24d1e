"""A depot that asks itself for a model and kills itself at one chosen step.

``python -m tests.chaos.doomed STEP HOME HUB MODEL``. STEP is ``dispatch`` (the job's row is committed, no worker has
heard of it) or a step of DiskStorage, after which it dies: ``publish_part``, ``show``, ``sync_folders``, ``write_ref``.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import httpx2

from steelyard.app import Depot, build, create_app, running
from steelyard.core.digest import Digest
from steelyard.jobs.queue import EmbeddedQueue
from steelyard.settings import load
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder


def die() -> None:
    """As kill -9 would have it."""
    os.kill(os.getpid(), signal.SIGKILL)


class DoomedQueue(EmbeddedQueue):
    """Dies instead of taking a job: between the commit of the row and its dispatch."""

    async def put(self, job_id: str, priority: int, delay: float = 0.0) -> None:
        """Never returns."""
        die()


class DoomedStorage(DiskStorage):
    """Does one step for the first time, and dies before anybody can write down that it is done."""

    def __init__(self, root: Path, step: str) -> None:
        super().__init__(root)
        self._step = step

    def publish_part(self, digest: Digest, folder: RepoFolder, inode: int | None = None) -> None:
        """The blob is in its place; the table does not know."""
        super().publish_part(digest, folder, inode)
        self._maybe("publish_part")

    def show(self, folder: RepoFolder, commit: str, path: str, digest: Digest) -> None:
        """The snapshot shows it; the table does not know."""
        super().show(folder, commit, path, digest)
        self._maybe("show")

    def sync_folders(self, folder: RepoFolder, commit: str, paths: Iterable[str]) -> None:
        """It would survive a power cut; the table does not know."""
        super().sync_folders(folder, commit, paths)
        self._maybe("sync_folders")

    def write_ref(self, folder: RepoFolder, name: str, commit: str) -> None:
        """All is here, and the job is not done."""
        super().write_ref(folder, name, commit)
        self._maybe("write_ref")

    def _maybe(self, step: str) -> None:
        if step == self._step:
            die()


async def ask_and_wait(depot: Depot, model: str) -> None:
    """Send the request through the real application, then let the worker run into its doom."""
    transport = httpx2.ASGITransport(app=create_app(depot))
    async with running(depot), httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post("/pull", json={"model": model})
        answer.raise_for_status()
        await asyncio.sleep(30)


def main(step: str, home: str, hub: str, model: str) -> None:
    """Ends by its own hand, or with 0 when the step was never reached."""
    settings = load({"HF_ENDPOINT": hub}, {"home": Path(home)}).settings
    queue = DoomedQueue() if step == "dispatch" else None
    asyncio.run(ask_and_wait(build(settings, storage=DoomedStorage(settings.store_path, step), queue=queue), model))


if __name__ == "__main__":
    main(*sys.argv[1:])
