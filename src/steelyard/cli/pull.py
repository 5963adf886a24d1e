"""``steelyard pull``: ask for a model and, on a terminal, wait for it."""

from typing import Annotated, Literal

import typer

from steelyard.cli.arrival import arrived
from steelyard.cli.decision import AWAITS, say_it_waits, still_waits, wait_for_decision
from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.follow import conclude, follow, warn
from steelyard.cli.names import model_names
from steelyard.cli.options import AsJson
from steelyard.cli.words import plain
from steelyard.client import Client
from steelyard.client.shapes import Job, PullAnswer


def pull(
    context: typer.Context,
    model: Annotated[
        str, typer.Argument(help="A name such as gpt2, org/name or org/name@revision.", autocompletion=model_names)
    ],
    revision: Annotated[str | None, typer.Option(help="A branch, tag or commit.")] = None,
    include: Annotated[list[str] | None, typer.Option(help="Only files like this, may be repeated.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="No files like this, may be repeated.")] = None,
    priority: Annotated[Literal["low", "medium", "high"] | None, typer.Option(help="How urgent it is.")] = None,
    wait: Annotated[
        bool | None, typer.Option("--wait/--no-wait", help="Wait until it is here.", show_default="on a terminal")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a model into the depot."""
    desk = desk_of(context)
    with desk.client() as client:
        answer = client.pull(model, revision=revision, include=include, exclude=exclude, priority=priority)
        if wait if wait is not None else desk.out.isatty() and desk.err.isatty() and not as_json:
            _wait(desk, client, answer, as_json)
        else:
            _tell(desk, client, answer, as_json)


def _wait(desk: Desk, client: Client, answer: PullAnswer, as_json: bool) -> None:
    job_id = answer["job_id"]
    if answer["status"] != AWAITS and (job_id is None or (answer["status"] == "succeeded" and not as_json)):
        _tell(desk, client, answer, as_json)
        return
    job = _follow_through(desk, client, answer)
    if job is None:
        request = client.downloads.get(answer["task_id"])
        if as_json:
            desk.json(request)
        arrived(desk, client, answer["model"], f"{plain(answer['model'])} is here.")
        return
    if as_json:
        desk.json(job)
    conclude(desk, client, job)


def _follow_through(desk: Desk, client: Client, answer: PullAnswer) -> Job | None:
    """The job that ended, after as many decisions as it takes; None when it was here once somebody agreed."""
    job_id = answer["job_id"]
    while True:
        if job_id is None:
            job_id = wait_for_decision(desk, client, answer)["job_id"]
        if job_id is None:
            return None
        job = follow(desk, client, job_id)
        if job["status"] != "cancelled" or not still_waits(client, answer["task_id"]):
            return job
        job_id = None


def _tell(desk: Desk, client: Client, answer: PullAnswer, as_json: bool) -> None:
    name, job_id = plain(answer["model"]), answer["job_id"]
    if answer["status"] == "queued":
        warn(client, desk.notice)
    if as_json:
        desk.json(answer)
    elif answer["status"] == AWAITS:
        say_it_waits(desk, answer)
    elif answer["status"] == "succeeded":
        arrived(desk, client, answer["model"], f"{name} is already here. See it with `steelyard show {name}`.")
    else:
        desk.print(plain(job_id))
        desk.notice(f"{name} is {answer['status']}. Watch it with `steelyard jobs watch {job_id}`.")
