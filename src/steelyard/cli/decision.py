"""Waiting for an administrator: what ``pull`` says and does about a request that somebody must agree to."""

from contextlib import suppress

import typer

from steelyard.cli.desk import FAILED, INTERRUPTED, Desk
from steelyard.cli.words import plain
from steelyard.client import Client, NotFound
from steelyard.client.shapes import DownloadRequest, PullAnswer

AWAITS = "awaiting_approval"


def say_it_waits(desk: Desk, answer: PullAnswer) -> None:
    """Not waiting: the task on stdout, why it has to wait, and what an administrator does."""
    desk.print(plain(answer["task_id"]))
    _say_why(desk, answer["model"], answer.get("reasons", []))
    if answer.get("hint"):
        desk.notice(f"Hint:  {plain(answer['hint'])}")


def wait_for_decision(desk: Desk, client: Client, answer: PullAnswer) -> DownloadRequest:
    """The request once somebody decided. Raises typer.Exit with 1 unless it went on, with 130 after Ctrl-C."""
    task_id, name = answer["task_id"], plain(answer["model"])
    _say_why(desk, answer["model"], answer.get("reasons", []))
    try:
        request = client.downloads.decided(task_id)
    except KeyboardInterrupt:
        desk.notice(f"Stopped waiting; the request goes on by itself when somebody agrees (task {task_id}).")
        raise typer.Exit(INTERRUPTED) from None
    if request["status"] in {"denied", "cancelled"}:
        why = f": {plain(request['error'])}" if request["error"] else "."
        desk.notice(f"{name} was {request['status']}{why}")
        raise typer.Exit(FAILED)
    desk.notice(f"{name} goes on.")
    return request


def still_waits(client: Client, task_id: str) -> bool:
    """Whether a job ended because its request turned out to need somebody's consent."""
    with suppress(NotFound):
        return client.downloads.get(task_id)["status"] == AWAITS
    return False


def _say_why(desk: Desk, model: str, reasons: list[str]) -> None:
    why = f": {'; '.join(plain(reason) for reason in reasons)}" if reasons else ""
    desk.notice(f"{plain(model)} waits for an administrator{why}.")
