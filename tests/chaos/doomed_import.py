"""A depot that asks itself for an import and kills itself in the middle of it.

``python -m tests.chaos.doomed_import STEP COUNT HOME PATH COPY``. STEP is ``publish_part``, ``show`` or ``write_ref``:
it dies when that has been done COUNT times, before anybody can write down that it is done. COPY is 0 or 1.
"""

import asyncio
import sys
from pathlib import Path

import httpx2

from steelyard.app import Depot, build, create_app, running
from steelyard.core.digest import Digest
from steelyard.settings import load
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from tests.chaos.doomed import die


class DoomedStorage(DiskStorage):
    """Counts one step."""

    def __init__(self, root: Path, step: str, count: int) -> None:
        super().__init__(root)
        self._step = step
        self._left = count

    def publish_part(self, digest: Digest, folder: RepoFolder, inode: int | None = None) -> None:
        """A copied blob is in its place."""
        super().publish_part(digest, folder, inode)
        self._maybe("publish_part")

    def show(self, folder: RepoFolder, commit: str, path: str, digest: Digest) -> None:
        """The snapshot shows it."""
        super().show(folder, commit, path, digest)
        self._maybe("show")

    def write_ref(self, folder: RepoFolder, name: str, commit: str) -> None:
        """All of a model is here."""
        super().write_ref(folder, name, commit)
        self._maybe("write_ref")

    def _maybe(self, step: str) -> None:
        self._left -= step == self._step
        if self._left == 0:
            die()


async def ask_and_wait(depot: Depot, path: str, *, copy: bool) -> None:
    """Send the request through the real application, then let the worker run into its doom."""
    transport = httpx2.ASGITransport(app=create_app(depot))
    async with running(depot), httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post("/api/v1/imports", json={"path": path, "copy": copy, "username": "dora"})
        answer.raise_for_status()
        await asyncio.sleep(30)


def main(step: str, count: str, home: str, path: str, copy: str) -> None:
    """Ends by its own hand, or with 0 when the step was never reached."""
    settings = load({"STEELYARD_STORAGE__KEEP_FREE": "0"}, {"home": Path(home)}).settings
    depot = build(settings, storage=DoomedStorage(settings.store_path, step, int(count)))
    asyncio.run(ask_and_wait(depot, path, copy=copy == "1"))


if __name__ == "__main__":
    main(*sys.argv[1:])
