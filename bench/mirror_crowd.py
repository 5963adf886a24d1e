"""200 who read parts of one warm file as fast as they can and 50 who crawl: what the depot's memory does, and how long
others wait for their answers meanwhile.

How much of the waiting is the machine's is seen beside it: the same crowd reads the same file from nginx while the
depot, which serves nobody else, is asked the same.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from bench import nginx, upstream
from bench.figure import Figure
from bench.memory import peak_resident, reset_peak
from bench.scale import Scale
from steelyard.client import Client
from steelyard.testing.process import DepotProcess

_ROOT = Path(__file__).parents[1]
_FAST, _SLOW = 200, 50
_FILE = "model-00000.safetensors"
_OTHERS = ("/api/models", "/health", f"/hf/api/models/{upstream.LARGE}/revision/main")
_RAMP = 1.0  # seconds until all of the crowd read
_UNLIMITED = {"STEELYARD_LIMITS__READS_PER_SECOND": "0"}  # all come from one address


def measure(scale: Scale, work: Path) -> list[Figure]:
    """Memory, waits and throughput; one long look instead of rounds."""
    upstream.write_large(work / "hub", 1, scale.served_size)
    with upstream.serving(work / "hub") as hub, DepotProcess(work / "home", hub, more=_UNLIMITED) as depot:
        with Client(depot.url, user="bench") as client:
            _pull(client)
        return _figures(depot, scale, work)


def _figures(depot: DepotProcess, scale: Scale, work: Path) -> list[Figure]:
    name = f"mirror, {_FAST} + {_SLOW} readers"
    idle = _waits(depot.url, scale.crowd_seconds / 3)
    reset_peak(depot.pid)
    served, waits = _with_crowd(f"{depot.url}/hf/{upstream.LARGE}/resolve/main/{_FILE}", depot.url, scale)
    figures = [
        Figure(f"{name}: memory, most", "MB", (peak_resident(depot.pid),), below=300),
        *(Figure(f"{name}: {path[:24]}, p99", "ms", (_p99(waits[path]),), below=100) for path in _OTHERS),
        Figure(f"{name}: all routes, median", "ms", (_percentile(_all(waits), 50),)),
        Figure("mirror, no readers: all routes, p99", "ms", (_p99(_all(idle)),)),
        Figure(f"{name}: served", "MB/s", (served / 1e6,)),
    ]
    if not nginx.is_installed():
        print("!!! nginx is not installed: how much of the waiting is the machine's is not known", flush=True)
        return figures
    with nginx.running(work / "nginx", f"root {work / 'hub'};") as port:
        served, waits = _with_crowd(f"http://127.0.0.1:{port}/{upstream.LARGE}/{_FILE}", depot.url, scale)
    return [
        *figures,
        Figure(f"{name} at nginx: all routes, p99", "ms", (_p99(_all(waits)),)),
        Figure(f"{name} at nginx: served", "MB/s", (served / 1e6,)),
    ]


def _pull(client: Client) -> None:
    job_id = client.pull(upstream.LARGE)["job_id"]
    assert job_id is not None
    *_, last = client.jobs.watch(job_id)
    assert last["status"] == "succeeded", last


def _with_crowd(address: str, depot: str, scale: Scale) -> tuple[float, dict[str, list[float]]]:
    """The bytes that the crowd got in a second, and the waits of those who asked for something else."""
    with _crowd(address, scale) as crowd:
        threading.Event().wait(_RAMP)
        waits = _waits(depot, scale.crowd_seconds - 2 * _RAMP)
        said = json.loads(crowd.communicate()[0])
    assert not said["failed"], said
    return said["bytes_per_second"], waits


@contextmanager
def _crowd(address: str, scale: Scale) -> Iterator["subprocess.Popen[str]"]:
    numbers = [str(number) for number in (scale.served_size, _FAST, _SLOW, scale.crowd_seconds)]
    command = [sys.executable, "-m", "bench.crowd", address, *numbers]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _waits(depot: str, seconds: float) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "bench.asker", depot, str(seconds), *_OTHERS]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    waits: dict[str, list[float]] = json.loads(done.stdout)
    return waits


def _all(waits: dict[str, list[float]]) -> list[float]:
    return [wait for some in waits.values() for wait in some]


def _p99(waits: list[float]) -> float:
    return _percentile(waits, 99)


def _percentile(waits: list[float], percent: int) -> float:
    return quantiles(waits, n=100)[percent - 1]
