"""What this machine has: memory and cores, as far as a container lets us have them, and NVIDIA cards."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Card:
    """One CUDA device; memory in bytes."""

    name: str
    memory: int
    free: int


@dataclass(frozen=True, slots=True)
class CardLoad:
    """One CUDA device at one moment: how much of the last second it was busy, in percent, and the bytes of its memory
    that each process has, by its number."""

    percent: float
    processes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Hardware:
    """``memory`` is what this process and its children may use at most, in bytes; ``cores`` are physical ones."""

    memory: int
    cores: int
    cards: tuple[Card, ...] = ()

    @property
    def has_cuda(self) -> bool:
        """Whether there is a card."""
        return bool(self.cards)


def look(cards: Iterable[Card] = (), root: Path = _ROOT) -> Hardware:
    """This machine, by Linux's files; elsewhere by what the system tells."""
    total = _memory_of_machine(root)
    limits = [limit for limit in _memory_limits(root) if limit < total]
    return Hardware(min([total, *limits]), cores(root), tuple(cards))


def cores(root: Path = _ROOT) -> int:
    """Physical cores that this process may use: two threads of one do not help, and wait for each other busily."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    threads = (root / f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list" for number in allowed)
    siblings = {text for path in threads if (text := _text(path))}
    quota = _quota(root)
    return max(1, min([len(siblings) or len(allowed), *([quota] if quota else [])]))


def _memory_of_machine(root: Path) -> int:
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _memory_limits(root: Path) -> list[int]:
    """Of the control groups that this process is in, version 2 and 1, as seen from inside a container and outside."""
    own = _text(root / "proc/self/cgroup").rpartition("::")[2].strip().lstrip("/")
    folder = root / "sys/fs/cgroup"
    files = [folder / part / "memory.max" for part in (Path(own), *Path(own).parents)]
    files.append(folder / "memory/memory.limit_in_bytes")
    return [int(text) for path in files if (text := _text(path).strip()).isdigit()]


def _quota(root: Path) -> int | None:
    """Whole cores of the control group's quota, rounded up; None: no limit. Format: cgroup v2 ``cpu.max``."""
    quota, _, period = _text(root / "sys/fs/cgroup/cpu.max").strip().partition(" ")
    return -(-int(quota) // int(period)) if quota.isdigit() and period.isdigit() and int(period) else None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
