"""Resident memory of an idle depot: VmRSS of its process, which Linux tells."""

import os
import time
from pathlib import Path

from bench.figure import Figure
from bench.ready import wait_until_ready
from bench.scale import Scale
from steelyard.testing.process import DepotProcess

_NOWHERE = "http://127.0.0.1:9"


def measure(scale: Scale, work: Path) -> list[Figure]:
    """Two seconds after it was ready."""
    seen = []
    for number in range(scale.rounds):
        with DepotProcess(work / f"home-{number}", _NOWHERE) as depot:
            wait_until_ready(depot.url)
            time.sleep(scale.idle_seconds)
            seen.append(resident(depot.pid))
    return [Figure("memory, idle", "MB", tuple(seen), below=130)]


def resident(pid: int) -> float:
    """Megabytes (10^6 bytes) now."""
    return _status(pid, "VmRSS")


def peak_resident(pid: int) -> float:
    """The most megabytes since ``reset_peak``."""
    return _status(pid, "VmHWM")


def reset_peak(pid: int) -> None:
    """Let the peak be what it is now (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_seconds(pid: int) -> float:
    """The processor time that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _status(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kibibytes,) = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(kibibytes) * 1024 / 1e6
