"""A progress bar on a terminal: file, bytes, speed and time left, as the server measures them."""

from collections.abc import Iterable
from typing import Self, TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from steelyard.cli.job_table import about, is_moving
from steelyard.cli.progress import trouble
from steelyard.cli.words import duration, percent, plain, size, speed
from steelyard.client.shapes import Job

_FILE_WIDTH = 32


class Bar:
    """One job's bar; removed from the screen when it closes, so that what follows reads well."""

    def __init__(self, err: TextIO) -> None:
        self._console = Console(file=err, highlight=False)
        columns = [TextColumn(f"{{task.fields[{name}]}}", markup=False) for name in ("bytes", "speed", "left")]
        self._bars = _Bars(
            TextColumn("{task.description}", markup=False), BarColumn(), *columns, console=self._console, transient=True
        )
        self._task = self._bars.add_task("asking", total=None, bytes="", speed="", left="", trouble="")

    def update(self, job: Job) -> None:
        """Show the newest state."""
        known = job["total_bytes"] is not None
        moving = is_moving(job)
        self._bars.update(
            self._task,
            description=_description(job),
            total=1.0 if known else None,
            completed=job["progress"],
            bytes=f"{percent(job['progress'])} of {size(job['total_bytes'])}" if known else "",
            speed=speed(job["bytes_per_second"]) if moving else "",
            left=f"{duration(job['eta_seconds'])} left" if moving and job["eta_seconds"] is not None else "",
            trouble=trouble(job) or "",
        )

    def say(self, text: str) -> None:
        """A line above the bar; speed and time left go, for nobody knows them now."""
        self._console.print(text, markup=False)
        self._bars.update(self._task, speed="", left="")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()


class _Bars(Progress):
    """The bars, and below them what is wrong."""

    def get_renderables(self) -> Iterable[RenderableType]:
        """What is drawn, from top to bottom."""
        yield from super().get_renderables()
        for task in self.tasks:
            if task.fields["trouble"]:
                yield Text(task.fields["trouble"], style="yellow")


def _description(job: Job) -> str:
    if job["status"] != "running" or not job["current_file"]:
        return f"{plain(about(job))} {job['status']}"
    name = plain(job["current_file"])
    return name if len(name) <= _FILE_WIDTH else f"…{name[1 - _FILE_WIDTH :]}"
