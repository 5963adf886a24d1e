"""kill -9 in the middle of an import: it goes on by itself, and what is in is neither read nor copied again."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from steelyard.testing.hub import Blob, StandInHub
from steelyard.testing.process import DepotProcess

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]  # two at once would only starve each other
ROOT = Path(__file__).parents[2]
SIZES = {"a.safetensors": 1_500_000, "b.safetensors": 2_500_000, "c.safetensors": 500_000}
MODELS = ("one", "two", "three")


@pytest.mark.parametrize(
    ("step", "count", "copy"),
    [
        ("show", 5, False),
        ("publish_part", 5, True),
        pytest.param("write_ref", 2, False, marks=pytest.mark.slow),
        pytest.param("show", 1, True, marks=pytest.mark.slow),
    ],
)
def test_killed_in_the_middle(hub: StandInHub, tmp_path: Path, step: str, count: int, copy: bool) -> None:
    shelf = _shelf(tmp_path / "shelf")
    _run_doomed(step, count, tmp_path / "home", shelf, copy=copy)
    half_way = _blobs(tmp_path / "home")
    assert half_way
    with DepotProcess(tmp_path / "home", hub.url, more={"STEELYARD_STORAGE__KEEP_FREE": "0"}) as depot:
        report = _ended(depot.url)
    assert (report["status"], report["attempt"]) == ("succeeded", 2)
    assert {model["status"] for model in report["models"]} == {"imported"}
    way = "bytes_copied" if copy else "bytes_linked"
    assert report["totals"][way] == sum(SIZES.values()) * len(MODELS)
    after = _blobs(tmp_path / "home")
    assert half_way.items() <= after.items()  # the very same files: nothing was made twice
    for model in MODELS:
        folder = tmp_path / "home" / "store" / "hub" / f"models--{model}"
        commit = (folder / "refs" / "main").read_text()
        seen = {path.name: path.read_bytes() for path in (folder / "snapshots" / commit).iterdir()}
        assert seen == {path.name: path.read_bytes() for path in (shelf / model).iterdir()}
    assert not list((tmp_path / "home" / "store" / ".steelyard" / "parts").iterdir())


def _shelf(folder: Path) -> Path:
    for number, model in enumerate(MODELS):
        (folder / model).mkdir(parents=True)
        for name, size in SIZES.items():
            (folder / model / name).write_bytes(
                Blob(size, seed=number * 10 + len(name)).read()[:-1] + name[:1].encode()
            )
    return folder


def _run_doomed(step: str, count: int, home: Path, path: Path, *, copy: bool) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.chaos.doomed_import", step, str(count), str(home), str(path), str(int(copy))],
        cwd=ROOT, timeout=60, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def _blobs(home: Path) -> dict[Path, int]:
    return {path: path.stat().st_ino for path in (home / "store" / "hub").glob("*/blobs/*") if path.is_file()}


def _ended(url: str) -> dict[str, Any]:
    give_up = time.monotonic() + 60
    while True:
        [job] = httpx2.get(f"{url}/api/v1/imports").json()["imports"]
        if job["finished_at"] is not None:
            return dict(httpx2.get(f"{url}/api/v1/imports/{job['job_id']}").json())
        assert time.monotonic() < give_up, job
        time.sleep(0.05)
