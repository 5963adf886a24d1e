"""kill -9 in the middle of a push: all of a commit is there, or nothing, and pushing again ends well."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from steelyard.testing.hub import StandInHub
from steelyard.testing.process import DepotProcess
from tests.chaos.doomed_push import FIRST, REPO, SECOND, WEIGHTS, push, send

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other
ROOT = Path(__file__).parents[2]
BEGIN = {".gitattributes"}
MORE = {"STEELYARD_MIRROR__NAMESPACES": '["team"]', "STEELYARD_STORAGE__KEEP_FREE": "0"}


@pytest.mark.parametrize(
    ("step", "there"),
    [
        ("receive", BEGIN),
        ("duplicate", BEGIN | FIRST.keys() | {"m.dat"}),
        ("before_ref", BEGIN | FIRST.keys() | SECOND.keys() | {"m.dat"}),
        pytest.param("show", BEGIN | FIRST.keys() | {"m.dat"}, marks=pytest.mark.slow),
        pytest.param("sync_folders", BEGIN | FIRST.keys() | {"m.dat"}, marks=pytest.mark.slow),
    ],
)
def test_killed_in_the_middle(hub: StandInHub, tmp_path: Path, step: str, there: set[str]) -> None:
    home = tmp_path / "home"
    _run_doomed(step, home, hub.url)
    with DepotProcess(home, hub.url, more=MORE) as depot, httpx2.Client(base_url=depot.url) as http:
        head = _head(http)
        assert {path for path, _ in head["files"].items()} == there
        folder = home / "store" / "hub" / "models--team--ours"
        _written(folder / "refs" / "main", head["sha"])
        assert {path.name for path in (folder / "snapshots" / head["sha"]).iterdir()} == there
        asyncio.run(_again(depot.url))
        head = _head(http)
        assert head["files"].keys() == BEGIN | FIRST.keys() | SECOND.keys() | {"m.dat"}
        shown = {path.name: path.read_bytes() for path in (folder / "snapshots" / head["sha"]).iterdir()}
        assert shown["m.dat"] == WEIGHTS
        assert {path: shown[path] for path in {**FIRST, **SECOND}} == {**FIRST, **SECOND}
        _written(folder / "refs" / "main", head["sha"])


def _head(http: httpx2.Client) -> dict[str, Any]:
    told = http.get(f"/hf/api/models/{REPO}/revision/main").raise_for_status().json()
    tree = http.get(f"/hf/api/models/{REPO}/tree/main").raise_for_status().json()
    return {"sha": told["sha"], "files": {one["path"]: one["size"] for one in tree}}


def _written(ref: Path, commit: str) -> None:
    """A depot that starts writes what the last one left unwritten."""
    for _ in range(200):
        if ref.read_text() == commit:
            return
        asyncio.run(asyncio.sleep(0.05))
    raise AssertionError(f"{ref.read_text()} is not {commit}")


async def _again(url: str) -> None:
    """What a person does whose push broke off."""
    async with httpx2.AsyncClient(base_url=url) as http:
        await send(http, halfway=False)
        await push(http, FIRST)
        await push(http, SECOND)


def _run_doomed(step: str, home: Path, hub: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.chaos.doomed_push", step, str(home), hub],
        cwd=ROOT, timeout=60, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr
