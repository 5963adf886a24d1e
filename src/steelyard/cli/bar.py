"""A progress bar on a terminal: file, bytes, speed and time left, as the server measures them."""

from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from steelyard.cli.words import duration, percent, plain, size, speed
from steelyard.client.shapes import Job

_FILE_WIDTH = 32


class Bar:
    """One job's bar; removed from the screen when it closes, so that what follows reads well."""

    def __init__(self, err: TextIO) -> None:
        console = Console(file=err, highlight=False)
        columns = [TextColumn(f"{{task.fields[{name}]}}", markup=False) for name in ("bytes", "speed", "left")]
        self._bars = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), *columns, console=console, transient=True
        )
        self._task = self._bars.add_task("asking", total=None, bytes="", speed="", left="")

    def update(self, job: Job) -> None:
        """Show the newest state."""
        known = job["total_bytes"] is not None
        running = job["status"] == "running"
        self._bars.update(
            self._task,
            description=_description(job),
            total=1.0 if known else None,
            completed=job["progress"],
            bytes=f"{percent(job['progress'])} of {size(job['total_bytes'])}" if known else "",
            speed=speed(job["bytes_per_second"]) if running and job["bytes_per_second"] else "",
            left=f"{duration(job['eta_seconds'])} left" if running and job["eta_seconds"] is not None else "",
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()


def _description(job: Job) -> str:
    if job["status"] != "running" or not job["current_file"]:
        return f"{plain(job['model'] or job['kind'])} {job['status']}"
    name = plain(job["current_file"])
    return name if len(name) <= _FILE_WIDTH else f"…{name[1 - _FILE_WIDTH :]}"
