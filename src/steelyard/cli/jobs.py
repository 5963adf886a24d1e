"""``steelyard jobs``: list durable work, look at it, steer it."""

from collections.abc import Callable
from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.follow import conclude, follow
from steelyard.cli.job_table import print_job, print_jobs
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.words import plain
from steelyard.client import Client
from steelyard.client.shapes import Job

app = typer.Typer(add_completion=False, invoke_without_command=True)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The id, as `steelyard jobs` lists it.")]


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
        found = client.jobs.get(job_id)
    if as_json:
        desk.json(found)
    else:
        print_job(desk, found)


@app.command()
def cancel(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Stop a job for good."""
    _steer(desk_of(context), lambda client: client.jobs.cancel(job_id), as_json)


@app.command()
def pause(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Stop a job for now; nothing is lost."""
    _steer(desk_of(context), lambda client: client.jobs.pause(job_id), as_json)


@app.command()
def resume(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Let a paused job go on."""
    _steer(desk_of(context), lambda client: client.jobs.resume(job_id), as_json)


@app.command()
def retry(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Try a failed or cancelled job again."""
    _steer(desk_of(context), lambda client: client.jobs.retry(job_id), as_json)


@app.command()
def watch(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Follow a job until it ends."""
    desk = desk_of(context)
    with desk.client() as client:
        job = follow(desk, client, job_id)
    if as_json:
        desk.json(job)
    conclude(desk, job)


def _steer(desk: Desk, act: Callable[[Client], Job], as_json: bool) -> None:
    with desk.client() as client:
        job = act(client)
    if as_json:
        desk.json(job)
    else:
        desk.notice(f"{plain(job['model'] or job['kind'])} is {job['status']} now (job {job['id']}).")
