"""Waiting for a job: shared by ``pull --wait`` and ``jobs watch``."""

import typer

from steelyard.cli.desk import FAILED, INTERRUPTED, Desk
from steelyard.cli.progress import open_progress
from steelyard.cli.words import plain, size
from steelyard.client import Client
from steelyard.client.shapes import Job


def follow(desk: Desk, client: Client, job_id: str) -> Job:
    """Show progress on stderr until the job ends, and give its final state.

    Ctrl-C leaves the job running, says so, and exits with 130.
    """
    try:
        with open_progress(desk) as progress:
            for job in client.jobs.watch(job_id):
                progress.update(job)
    except KeyboardInterrupt:
        desk.notice("Stopped watching; the download goes on in the depot.")
        desk.notice(f"Watch it with `steelyard jobs watch {job_id}`, stop it with `steelyard jobs cancel {job_id}`.")
        raise typer.Exit(INTERRUPTED) from None
    return job


def conclude(desk: Desk, job: Job) -> None:
    """Say how a job ended. Raises typer.Exit with 1 unless it succeeded."""
    name = plain(job["model"] or job["kind"])
    if job["status"] == "succeeded":
        desk.notice(f"{name} is here: {size(job['total_bytes'])}, verified.")
        return
    if job["status"] == "cancelled":
        desk.notice(f"{name}: the job was cancelled. Start it again with `steelyard jobs retry {job['id']}`.")
    else:
        desk.notice(f"Error: {name}: {plain(job['error'] or 'the job failed')}")
        desk.notice(f"Hint:  {plain(job['hint'] or 'steelyard jobs retry ' + job['id'])}")
    raise typer.Exit(FAILED)
