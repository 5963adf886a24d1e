"""``huggingface_hub.snapshot_download`` from the hub itself, through a mirror that has nothing yet, and through one
that has everything: the same client, the same files, in turns.

The client is a process of its own with an empty cache, its imports not counted, without Xet; it neither hashes nor
syncs, the mirror does both. What lies in the disk's queue is written out before each timing.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench import fast_hub, upstream
from bench.figure import Figure
from bench.scale import Scale
from steelyard.client import Client
from steelyard.testing.process import DepotProcess, clean_environment

_ROOT = Path(__file__).parents[1]
_QUIET = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
_UNLIMITED = {"STEELYARD_LIMITS__READS_PER_SECOND": "0"}  # rounds follow each other faster than people do


@dataclass(frozen=True, slots=True)
class _Seconds:
    direct: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)


def measure(scale: Scale, work: Path) -> list[Figure]:
    """Speeds and ratios, for large files and for many small ones."""
    upstream.write_large(work / "hub", scale.mirrored_files, scale.large_size)
    upstream.write_small(work / "hub", scale.small_files)
    megabytes = scale.mirrored_files * scale.large_size / 1e6
    large = f"mirror, {scale.mirrored_files} x {scale.large_size / 1e6:g} MB"
    small = f"mirror, {scale.small_files} small files"
    with fast_hub.serving(work / "hub", work) as hub:
        return [
            *_figures(large, _rounds(upstream.LARGE, hub, work, scale.rounds), megabytes, "MB/s", (0.9, 0.8)),
            *_figures(small, _rounds(upstream.SMALL, hub, work, scale.rounds), scale.small_files, "files/s"),
        ]


def _figures(
    name: str, seen: _Seconds, amount: float, unit: str, targets: tuple[float | None, float | None] = (None, None)
) -> list[Figure]:
    speeds = [("direct", seen.direct), ("cold", seen.cold), ("warm", seen.warm)]
    warm, cold = targets
    return [
        *(Figure(f"{name}: {how}", unit, tuple(amount / one for one in seconds)) for how, seconds in speeds),
        Figure(f"{name}: warm / direct", "x", _ratios(seen.direct, seen.warm), at_least=warm),
        Figure(f"{name}: cold / direct", "x", _ratios(seen.direct, seen.cold), at_least=cold),
    ]


def _ratios(direct: list[float], ours: list[float]) -> tuple[float, ...]:
    return tuple(one / our for one, our in zip(direct, ours, strict=True))


def _rounds(repo: str, hub: str, work: Path, rounds: int) -> _Seconds:
    seen = _Seconds()
    for number in range(rounds):
        if number % 2 == 0:
            seen.direct.append(_client_seconds(repo, hub, work / "client"))
        cold, warm = _mirror_seconds(repo, hub, work)
        seen.cold.append(cold)
        seen.warm.append(warm)
        if number % 2 == 1:
            seen.direct.append(_client_seconds(repo, hub, work / "client"))
    return seen


def _mirror_seconds(repo: str, hub: str, work: Path) -> tuple[float, float]:
    """Of a depot that has just started, cold and then warm."""
    home = work / "home"
    with DepotProcess(home, hub, more=_UNLIMITED) as depot, Client(depot.url, user="bench") as client:
        client.system.ready()
        cold = _client_seconds(repo, f"{depot.url}/hf", work / "client")
        _wait_for_jobs(client)
        warm = _client_seconds(repo, f"{depot.url}/hf", work / "client")
    shutil.rmtree(home)
    return cold, warm


def _wait_for_jobs(client: Client) -> None:
    while any(job["status"] in {"queued", "running"} for job in client.jobs.iterate()):
        time.sleep(0.1)
    assert [job["status"] for job in client.jobs.iterate()] == ["succeeded"]


def _client_seconds(repo: str, endpoint: str, folder: Path) -> float:
    environment = clean_environment(os.environ) | _QUIET | {"HF_ENDPOINT": endpoint, "HF_HOME": str(folder / "home")}
    os.sync()
    command = [sys.executable, "-m", "bench.hf_snapshot", repo, str(folder / "cache")]
    done = subprocess.run(command, env=environment, cwd=_ROOT, capture_output=True, text=True, check=True)
    shutil.rmtree(folder)
    return float(done.stdout)
