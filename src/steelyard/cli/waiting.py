"""Asks before a job is taken from several people at once."""

import typer

from steelyard.cli.desk import FAILED, Desk
from steelyard.client import Client

_LIVE = frozenset({"pending", "enqueued", "downloading", "awaiting_approval"})
_MOST = 1000  # requests on one page


def ask_for_all(desk: Desk, client: Client, job_id: str) -> None:
    """Ask when more than one person waits for the job. Raises typer.Exit with 1 for a no."""
    people = who_wait(client, job_id)
    if len(people) < 2 or desk.confirm(f"{len(people)} people wait for it. Cancel for everybody?"):
        return
    desk.notice("Nothing was cancelled.")
    raise typer.Exit(FAILED)


def who_wait(client: Client, job_id: str) -> set[str]:
    """The names on the live requests for a job."""
    requests = client.downloads.history(job=job_id, limit=_MOST)["requests"]
    return {each["username"] for each in requests if each["status"] in _LIVE}
