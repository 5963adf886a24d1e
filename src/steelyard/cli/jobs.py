"""``steelyard jobs``: list durable work, look at it, steer it."""

from collections.abc import Callable
from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.follow import conclude, follow
from steelyard.cli.job_id import with_job
from steelyard.cli.job_table import print_job, print_jobs
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.waiting import ask_for_all
from steelyard.cli.words import plain
from steelyard.client import Client
from steelyard.client.shapes import Job

app = typer.Typer(add_completion=False, invoke_without_command=True)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The id, or at least 6 letters of its beginning or end.")]


@app.callback()
def jobs(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(help="Such as running, queued or failed.")] = None,
    model: Annotated[str | None, typer.Option(help="Only for this model.")] = None,
    asked_by: Annotated[str | None, typer.Option("--user", help="Only asked for by this person.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List jobs, or look at and steer one."""
    if context.invoked_subcommand is not None:
        return
    desk = desk_of(context)
    with desk.client() as client:
        found = client.jobs.list(status=status, model=model, user=asked_by, limit=limit)
    if as_json:
        desk.json(found)
    else:
        print_jobs(desk, found)


@app.command()
def show(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Show one job."""
    desk = desk_of(context)
    with desk.client() as client:
        found = with_job(client, job_id, client.jobs.get)
    if as_json:
        desk.json(found)
    else:
        print_job(desk, found)


@app.command()
def cancel(
    context: typer.Context,
    job_id: JobId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, even when others wait for it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop a job for good, for everybody who waits for it."""
    desk = desk_of(context)

    def act(client: Client, whole_id: str) -> Job:
        if not yes and desk.can_ask:
            ask_for_all(desk, client, whole_id)
        return client.jobs.cancel(whole_id)

    _steer(desk, job_id, act, as_json)


@app.command()
def pause(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Stop a job for now; nothing is lost."""
    _steer(desk_of(context), job_id, lambda client, whole_id: client.jobs.pause(whole_id), as_json)


@app.command()
def resume(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Let a paused job go on."""
    _steer(desk_of(context), job_id, lambda client, whole_id: client.jobs.resume(whole_id), as_json)


@app.command()
def retry(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Try a failed or cancelled job again."""
    _steer(desk_of(context), job_id, lambda client, whole_id: client.jobs.retry(whole_id), as_json)


@app.command()
def watch(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Follow a job until it ends."""
    desk = desk_of(context)
    with desk.client() as client:
        job = with_job(client, job_id, lambda whole_id: follow(desk, client, whole_id))
        if as_json:
            desk.json(job)
        conclude(desk, client, job)


def _steer(desk: Desk, job_id: str, act: Callable[[Client, str], Job], as_json: bool) -> None:
    with desk.client() as client:
        job = with_job(client, job_id, lambda whole_id: act(client, whole_id))
    if as_json:
        desk.json(job)
    else:
        desk.notice(f"{plain(job['model'] or job['kind'])} is {job['status']} now (job {job['id']}).")
