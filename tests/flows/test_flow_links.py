"""The store without links (HF_HUB_DISABLE_SYMLINKS): files instead, no second copy, and the real library loads them."""

import sys
from pathlib import Path

import pytest

from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, contents, open_house
from tests.flows.processes import run

WEIGHTS = Blob(1_200_000, 13)
FILES: dict[str, Content] = {"config.json": b"{}", "model.safetensors": WEIGHTS, "deep/er/notes.txt": b"notes"}
RIGHT = {"config.json": b"{}", "model.safetensors": WEIGHTS.read(), "deep/er/notes.txt": b"notes"}
LOAD = "import sys; from huggingface_hub import snapshot_download; print(snapshot_download(sys.argv[1]))"


async def load_offline(house: House, model: str, *revision: str) -> Path:
    """Where the real library finds the model, with no network to help it."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(house.store / "hub")}
    done = await run(sys.executable, "-c", LOAD, model, *revision, **offline)
    assert done.code == 0, done.err
    return Path(done.out.strip())


@pytest.mark.parametrize("symlinks", [True, False])
async def test_the_real_library_loads_the_store_offline(hub: StandInHub, tmp_path: Path, symlinks: bool) -> None:
    commit = hub.add("org/name", FILES)
    async with open_house(hub, tmp_path / "home", storage__symlinks=symlinks) as house:
        await house.bring("org/name")
        folder = await load_offline(house, "org/name")
        assert folder.name == commit
        assert contents(folder) == RIGHT
        snapshot = house.repository("org/name") / "snapshots" / commit
        links = [path for path in snapshot.rglob("*") if path.is_symlink()]
        assert len(links) == (len(FILES) if symlinks else 0)
        assert all(not link.readlink().is_absolute() for link in links)
        blob = max((house.repository("org/name") / "blobs").iterdir(), key=lambda path: path.stat().st_size)
        assert blob.stat().st_ino == (snapshot / "model.safetensors").stat().st_ino


async def test_blobs_are_read_only(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    await house.bring("org/name")
    modes = {path.stat().st_mode & 0o777 for path in (house.repository("org/name") / "blobs").iterdir()}
    assert modes == {0o444}
    private = house.store / ".steelyard"
    assert {path.stat().st_mode & 0o077 for path in (private, private / "parts", private / "quarantine")} == {0}


async def test_nothing_is_left_in_the_workshop(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    await house.bring("org/name")
    left = [path for path in (house.store / ".steelyard").rglob("*") if path.is_file()]
    assert {path.name for path in left} <= {"store.lock", "store-id"}
    assert not [path for path in house.store.rglob("*") if path.name.startswith(".") and path.suffix == ".new"]
