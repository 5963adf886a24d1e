"""The progress of one job on stderr: lines now and then where there is no terminal, a bar where there is one."""

from contextlib import AbstractContextManager
from typing import Protocol

from steelyard.cli.desk import Desk
from steelyard.cli.job_table import about, is_moving
from steelyard.cli.lazy import load
from steelyard.cli.words import duration, percent, plain, size, speed
from steelyard.client.shapes import Job

_BAR = "steelyard.cli.bar:Bar"  # Rich, needed on a terminal only
_STEP = 0.1


class Progress(Protocol):
    """Shows the states of one job as they come."""

    def update(self, job: Job) -> None:
        """The newest state."""

    def say(self, text: str) -> None:
        """A line for the person that stays; until the next state nobody knows what moves."""


class Lines(AbstractContextManager["Lines"]):
    """A line whenever the status changes, another tenth is done or a new trouble shows: a log stays readable."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shown: tuple[str, int] | None = None
        self._told: set[str] = set()

    def update(self, job: Job) -> None:
        """Write a line when there is something new."""
        mark, said = milestone(job), trouble(job)
        if mark != self._shown:
            self._shown = mark
            self._desk.notice(line(job))
        if said is not None and said not in self._told:
            self._told.add(said)
            self._desk.notice(f"{plain(job['model'] or job['kind'])}: {said}")

    def say(self, text: str) -> None:
        """Write it."""
        self._desk.notice(text)

    def __exit__(self, *error: object) -> None:
        """Nothing to put back."""


def open_progress(desk: Desk) -> AbstractContextManager[Progress]:
    """The display that suits stderr."""
    if desk.err.isatty():
        bar: AbstractContextManager[Progress] = load(_BAR)(desk.err)
        return bar
    return Lines(desk)


def milestone(job: Job) -> tuple[str, int]:
    """What a line tells apart: the status, and the tenth that has been reached."""
    return job["status"], int(job["progress"] / _STEP + 1e-9)


def trouble(job: Job) -> str | None:
    """What keeps a running job from its bytes, and that it has not given up; None when all is well."""
    if job["status"] != "running" or not job["error"]:
        return None
    return f"{plain(job['error']).rstrip('. ')}; still trying"


def line(job: Job) -> str:
    """``gpt2: running, 40 %, 219 MB of 548 MB, 12.1 MB/s, 27 s left``."""
    parts: list[str] = [job["status"]]
    if job["status"] == "running" and job["total_bytes"] is not None:
        parts += [percent(job["progress"]), f"{size(job['downloaded_bytes'])} of {size(job['total_bytes'])}"]
    if is_moving(job):
        parts.append(speed(job["bytes_per_second"]))
    if is_moving(job) and job["eta_seconds"] is not None:
        parts.append(f"{duration(job['eta_seconds'])} left")
    if job["status"] == "paused":
        parts += [plain(reason) for reason in (job.get("pause_reason"), job["error"]) if reason]
    return f"{plain(about(job))}: {', '.join(parts)}"
