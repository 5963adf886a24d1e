"""Waiting for a job: shared by ``pull --wait`` and ``jobs watch``."""

from collections.abc import Callable
from contextlib import suppress

import typer

from steelyard.cli.arrival import arrived
from steelyard.cli.desk import FAILED, INTERRUPTED, Desk
from steelyard.cli.job_table import about
from steelyard.cli.progress import Progress, open_progress
from steelyard.cli.words import plain, size
from steelyard.client import ApiError, Client, ServerUnreachable
from steelyard.client.patience import PATIENCE, Ears, Patience
from steelyard.client.shapes import Job


def follow(desk: Desk, client: Client, job_id: str, patience: Patience = PATIENCE) -> Job:
    """Show progress on stderr until the job ends, and give its final state; say it once when nobody is there to run it.

    Ctrl-C leaves the job running, says so, and exits with 130. Raises ServerUnreachable when patience has run out.
    """
    last: Job | None = None
    has_looked = False
    try:
        with open_progress(desk) as progress:
            for last in client.jobs.watch(job_id, patience=patience, ears=_ears(client, progress)):
                progress.update(last)
                if last["status"] == "queued" and not has_looked:
                    has_looked = True
                    warn(client, progress.say)
    except KeyboardInterrupt:
        desk.notice("Stopped watching; the job goes on in the depot.")
        desk.notice(f"Watch it with `steelyard jobs watch {job_id}`, stop it with `steelyard jobs cancel {job_id}`.")
        raise typer.Exit(INTERRUPTED) from None
    except ServerUnreachable as error:
        if last is not None:
            error.hint = f"The job goes on when the depot is back: `steelyard jobs watch {job_id}`. {error.hint or ''}"
        raise
    if last is None:
        raise AssertionError("unreachable: a watch begins with a state or an error")
    return last


def leave(desk: Desk, client: Client, job_id: str) -> None:
    """Not waiting: the id on stdout, how to follow the job, and that nobody is there to run it if so."""
    desk.print(plain(job_id))
    desk.notice(f"Watch it with `steelyard jobs watch {plain(job_id)}`.")
    warn(client, desk.notice)


def warn(client: Client, say: Callable[[str], None]) -> None:
    """Waiting in line is nothing to worry about, unless nobody will ever come."""
    with suppress(ApiError, ServerUnreachable):  # the job is accepted, whatever a look at the rest comes to
        if client.system.health().get("workers") == 0:
            say("No worker is running, so nothing happens yet. Start one with `steelyard worker`.")


def ended_well(desk: Desk, job: Job) -> None:
    """Raises typer.Exit with 1, and says why, unless the job succeeded."""
    name = plain(about(job))
    if job["status"] == "succeeded":
        return
    if job["status"] == "cancelled" and not job["error"]:  # else the depot itself called it off, and says why
        desk.notice(f"{name}: the job was cancelled. Start it again with `steelyard jobs retry {job['id']}`.")
    else:
        desk.notice(f"Error: {name}: {plain(job['error'] or 'the job failed')}")
        desk.notice(f"Hint:  {plain(job['hint'] or 'steelyard jobs retry ' + job['id'])}")
    raise typer.Exit(FAILED)


def conclude(desk: Desk, client: Client, job: Job) -> None:
    """Say how a download ended. Raises typer.Exit with 1 unless it left something that can be used."""
    ended_well(desk, job)
    name = plain(about(job))
    if job["kind"] == "download":
        arrived(desk, client, job["model"], f"{name} is here: {size(job['total_bytes'])}, verified.")
    else:
        desk.notice(f"{name}: the job is done.")


def _ears(client: Client, progress: Progress) -> Ears:
    return Ears(
        lost=lambda: progress.say(f"Lost the depot at {client.address.url}; trying again…"),
        back=lambda: progress.say("It is back."),
    )
