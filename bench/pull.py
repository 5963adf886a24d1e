"""A pull by the depot against ``huggingface_hub.snapshot_download``, from the same hub, side by side in each round.

The depot: from sending ``POST /pull`` to the event that says succeeded; an empty store each time, in a server that has
just started; hashes checked and bytes synced to the disk. The library: in a process of its own, without its imports,
into an empty cache; it neither hashes nor syncs. What lies in the disk's queue is written out before each timing.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench import upstream
from bench.figure import Figure
from bench.scale import Scale
from steelyard.client import Client
from steelyard.testing.process import DepotProcess, clean_environment

_ROOT = Path(__file__).parents[1]


def measure(scale: Scale, work: Path) -> list[Figure]:
    """Speeds of both and their ratio, for large files and for many small ones."""
    upstream.write_large(work / "hub", scale.large_files, scale.large_size)
    upstream.write_small(work / "hub", scale.small_files)
    megabytes = scale.large_files * scale.large_size / 1e6
    large = f"pull {scale.large_files} x {scale.large_size / 1e6:g} MB"
    with upstream.serving(work / "hub") as hub:
        return [
            *_compare(large, upstream.LARGE, hub, work, scale.rounds, megabytes, "MB/s"),
            *_compare(f"pull {scale.small_files} small files", upstream.SMALL, hub, work, scale.rounds,
                      scale.small_files, "files/s"),
        ]  # fmt: skip


def _compare(name: str, repo: str, hub: str, work: Path, rounds: int, amount: float, unit: str) -> list[Figure]:
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        pair = [(ours, _depot_seconds), (theirs, _library_seconds)]
        for seconds, run in pair if number % 2 == 0 else reversed(pair):
            seconds.append(run(repo, hub, work / "round"))
    ratios = tuple(their / our for our, their in zip(ours, theirs, strict=True))
    return [
        Figure(f"{name}: depot", unit, tuple(amount / seconds for seconds in ours)),
        Figure(f"{name}: huggingface_hub", unit, tuple(amount / seconds for seconds in theirs)),
        Figure(f"{name}: depot / huggingface_hub", "x", ratios, at_least=1.0),
    ]


def _depot_seconds(repo: str, hub: str, folder: Path) -> float:
    folder.mkdir()
    with DepotProcess(folder / "home", hub) as depot, Client(depot.url, user="bench") as client:
        client.system.ready()
        os.sync()
        start = time.perf_counter()
        job_id = client.pull(repo)["job_id"]
        assert job_id is not None
        *_, last = client.jobs.watch(job_id)
        seconds = time.perf_counter() - start
    assert last["status"] == "succeeded", last
    shutil.rmtree(folder)
    return seconds


def _library_seconds(repo: str, hub: str, folder: Path) -> float:
    folder.mkdir()
    quiet = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment = clean_environment(os.environ) | quiet | {"HF_ENDPOINT": hub, "HF_HOME": str(folder / "home")}
    os.sync()
    command = [sys.executable, "-m", "bench.hf_snapshot", repo, str(folder / "cache")]
    done = subprocess.run(command, env=environment, cwd=_ROOT, capture_output=True, text=True, check=True)
    shutil.rmtree(folder)
    return float(done.stdout)
