"""Imports that copy the same bytes at the same time never wait for each other for ever; leavings cost a second try."""

import hashlib
import threading
from contextlib import suppress
from pathlib import Path

from steelyard.core.digest import Digest
from steelyard.jobs.models import JobStatus
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from steelyard.testing.hub import Blob, StandInHub
from tests.flows.house import House, contents, open_house
from tests.flows.importing import bring, start, write

ONE, TWO = Blob(50_000, 41), Blob(60_000, 42)


class Meeting(DiskStorage):
    """The first two that publish a copy wait for each other: each has copied one blob, and wants the other's next."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.met = threading.Barrier(2)
        self.over = threading.Event()

    def publish_part(self, digest: Digest, folder: RepoFolder, inode: int | None = None) -> None:
        """Publish it once both are there."""
        if not self.over.is_set():
            with suppress(threading.BrokenBarrierError):
                self.met.wait(20)
            self.over.set()
        super().publish_part(digest, folder, inode)


async def test_two_that_want_what_the_other_has_both_end(hub: StandInHub, tmp_path: Path) -> None:
    write(tmp_path / "here", {"a.safetensors": ONE, "b.safetensors": TWO})
    write(tmp_path / "there", {"a.safetensors": TWO, "b.safetensors": ONE})
    storage = Meeting(tmp_path / "store")
    async with open_house(hub, tmp_path / "home", storage, store=tmp_path / "store") as house:
        asked = [await start(house, tmp_path / name, copy=True) for name in ("here", "there")]
        for answer in asked:
            assert (await house.ended(answer["job_id"])).status is JobStatus.SUCCEEDED
        assert not storage.met.broken
        for name, first in (("here", ONE), ("there", TWO)):
            [snapshot] = (house.repository(name) / "snapshots").iterdir()
            assert contents(snapshot)["a.safetensors"] == first.read()


async def test_a_torn_part_of_somebody_else_spoils_no_copy(house: House, tmp_path: Path) -> None:
    folder = write(tmp_path / "llama", {"model.safetensors": ONE})
    digest = Digest("sha256", hashlib.sha256(ONE.read()).hexdigest())
    house.depot.storage.layout.part(digest).write_bytes(bytes(1000))
    report = await bring(house, folder, copy=True)
    assert report["models"][0]["status"] == "imported"
    [snapshot] = (house.repository("llama") / "snapshots").iterdir()
    assert contents(snapshot) == {"model.safetensors": ONE.read()}
