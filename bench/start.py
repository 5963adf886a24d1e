"""From starting the process to a 200 of ``/health/ready``."""

import time
from pathlib import Path

from bench.figure import Figure
from bench.ready import wait_until_ready
from bench.scale import Scale
from steelyard.testing.process import DepotProcess

_NOWHERE = "http://127.0.0.1:9"  # nothing is asked of the hub


def measure(scale: Scale, work: Path) -> list[Figure]:
    """The first start, which makes the databases, and every later one."""
    first, later = [], []
    for number in range(scale.rounds):
        first.append(_seconds(work / f"home-{number}"))
        later.append(_seconds(work / f"home-{number}"))
    return [
        Figure("start to ready, new home", "s", tuple(first), below=1.8),
        Figure("start to ready, home in use", "s", tuple(later), below=1.8),
    ]


def _seconds(home: Path) -> float:
    start = time.perf_counter()
    with DepotProcess(home, _NOWHERE) as depot:
        wait_until_ready(depot.url)
        return time.perf_counter() - start
