"""A part file has one writer at a time, also when a job is taken away from an attempt that is in the middle of it."""

import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from steelyard.core.digest import Digest
from steelyard.downloads.tables import blob_claims
from steelyard.jobs.models import JobStatus
from steelyard.storage.disk import DiskStorage
from steelyard.storage.part import PartFile
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import PATIENCE, eventually, open_house

MODEL = "org/name"
LARGE = "model.safetensors"
WEIGHTS = Blob(3_000_000, 31)
FILES: dict[str, Content] = {LARGE: WEIGHTS}


class GatedStorage(DiskStorage):
    """A disk whose first write takes until somebody opens the gate. Notes who is inside a part file."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.gate = threading.Event()
        self.reached = threading.Event()
        self.open = 0
        self.most_open = 0

    def open_part(self, digest: Digest) -> PartFile:
        """The part, counted until it is closed."""
        part = GatedPart(self.layout.part(digest))
        part.storage = self
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        return part


class GatedPart(PartFile):
    """Waits at the gate before it writes."""

    storage: GatedStorage | None = None

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Write, once the gate is open."""
        if self.storage is not None:
            self.storage.reached.set()
            assert self.storage.gate.wait(PATIENCE)
        super().write(offset, data)

    def close(self) -> None:
        """Let go, once."""
        super().close()
        if self.storage is not None:
            self.storage.open -= 1
            self.storage = None


@pytest.mark.parametrize("again", ["pause", "cancel"])
async def test_the_next_attempt_waits_until_the_last_one_is_out_of_the_file(
    hub: StandInHub, home: Path, again: str
) -> None:
    commit = hub.add(MODEL, FILES)
    storage = GatedStorage(home / "store")
    async with open_house(hub, home, storage) as house:
        try:
            job_id = (await house.pull(MODEL))["job_id"]
            await eventually(_set(storage.reached), "the first attempt writes")
            await house.post(f"/jobs/{job_id}/{again}")
            await house.post(f"/jobs/{job_id}/{'resume' if again == 'pause' else 'retry'}")

            async def second_attempt_wants_the_file() -> bool:
                return await house.depot.database.read(lambda connection: 2 in _claimed(connection, job_id))

            await eventually(second_attempt_wants_the_file, "the second attempt has claimed the blob")
            for _ in range(20):  # ample time to open the file, if nothing held it back
                assert (await house.job(job_id)).status is JobStatus.RUNNING
                assert storage.open == 1
        finally:
            storage.gate.set()
        assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
        assert house.contents(MODEL, commit) == {LARGE: WEIGHTS.read()}
    assert (storage.most_open, storage.open) == (1, 0)


def _claimed(connection: Connection, job_id: str) -> list[int]:
    held = select(blob_claims.c.attempt).where(blob_claims.c.job_id == job_id)
    return list(connection.execute(held).scalars())


def _set(event: threading.Event) -> Callable[[], Awaitable[bool]]:
    async def is_set() -> bool:
        return event.is_set()

    return is_set
