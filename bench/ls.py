"""``steelyard ls``, the whole process, against a depot with models on the shelf."""

import os
import subprocess
import time
from pathlib import Path

from bench import upstream
from bench.figure import Figure
from bench.scale import Scale
from steelyard.client import Client
from steelyard.testing.process import STEELYARD, DepotProcess, clean_environment


def measure(scale: Scale, work: Path) -> list[Figure]:
    """Seconds from the start of the process to its end."""
    names = upstream.write_shelf(work / "hub", scale.shelf)
    with upstream.serving(work / "hub") as hub, DepotProcess(work / "home", hub) as depot:
        with Client(depot.url, user="bench") as client:
            _fill(client, names)
        seconds = tuple(_seconds(depot.url, names) for _ in range(scale.rounds))
    return [Figure(f"steelyard ls, {scale.shelf} models", "s", seconds, below=0.35)]


def _fill(client: Client, names: list[str]) -> None:
    for job_id in [client.pull(name)["job_id"] for name in names]:
        assert job_id is not None
        *_, last = client.jobs.watch(job_id)
        assert last["status"] == "succeeded", last


def _seconds(url: str, names: list[str]) -> float:
    environment = clean_environment(os.environ) | {"STEELYARD_URL": url}
    start = time.perf_counter()
    shown = subprocess.run([*STEELYARD, "ls"], env=environment, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    assert all(name in shown.stdout for name in names), shown.stdout
    return seconds
