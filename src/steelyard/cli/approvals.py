"""``steelyard approvals``: what waits for an administrator."""

from typing import Annotated, Literal

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import ago, plain, size
from steelyard.client.shapes import Approval, ApprovalPage

app = typer.Typer(add_completion=False, invoke_without_command=True)

Task = Annotated[str, typer.Argument(metavar="TASK", help="The task of the request, as the list shows it.")]
State = Annotated[
    Literal["waiting", "approved", "denied", "withdrawn", "overtaken"], typer.Option(help="Only those that stand so.")
]
_COLUMNS = (
    Column("Asked"),
    Column("Who"),
    Column("Known by", spare=True),
    Column("What", whole=True),
    Column("Size", right=True),
    Column("Why", clip=True),
    Column("Task", whole=True),
)
_DECIDED = (Column("By"), Column("Reason", clip=True))


@app.callback()
def approvals(context: typer.Context, status: State = "waiting", limit: Limit = 100, as_json: AsJson = False) -> None:
    """List requests that wait for an administrator, or decide about one. For administrators."""
    if context.invoked_subcommand is None:
        _list(desk_of(context), status, limit, as_json)


@app.command("list")
def list_approvals(
    context: typer.Context, status: State = "waiting", limit: Limit = 100, as_json: AsJson = False
) -> None:
    """List requests that wait, the oldest first."""
    _list(desk_of(context), status, limit, as_json)


@app.command()
def approve(
    context: typer.Context,
    task: Task,
    reason: Annotated[str | None, typer.Option(help="Why; for the records.")] = None,
    as_json: AsJson = False,
) -> None:
    """Agree: the request goes on as if it was asked now."""
    desk = desk_of(context)
    with desk.client() as client:
        _tell(desk, client.approvals.approve(task, reason=reason), as_json)


@app.command()
def deny(
    context: typer.Context,
    task: Task,
    reason: Annotated[str, typer.Option(help="Why; its asker reads it.")],
    as_json: AsJson = False,
) -> None:
    """Say no."""
    desk = desk_of(context)
    with desk.client() as client:
        _tell(desk, client.approvals.deny(task, reason), as_json)


def _list(desk: Desk, status: State, limit: int, as_json: bool) -> None:
    with desk.client() as client:
        found = client.approvals.list(status=status, limit=limit)
    if as_json:
        desk.json(found)
    elif found["approvals"]:
        _print(desk, found, decided=status != "waiting")
    else:
        desk.notice("Nothing waits." if status == "waiting" else f"Nothing was {status}.")


def _print(desk: Desk, found: ApprovalPage, *, decided: bool) -> None:
    rows = found["approvals"]
    columns = (*_COLUMNS, *(_DECIDED if decided else ()))
    print_rows(desk, columns, ((*_row(desk, one), *(_decision(one) if decided else ())) for one in rows))
    if len(rows) < found["count"]:
        desk.notice(f"The oldest {len(rows)} of {found['count']}. See more with --limit.")


def _row(desk: Desk, one: Approval) -> tuple[str, ...]:
    return (
        ago(one["asked_at"], desk.clock.now()),
        plain(one["username"]),
        plain(one["identified_by"]),
        plain(one["model"]),
        size(one["size_bytes"]),
        plain("; ".join(one["reasons"])),
        plain(one["task_id"]),
    )


def _decision(one: Approval) -> tuple[str, str]:
    return plain(one["decided_by"]), plain(one["decision_reason"])


def _tell(desk: Desk, one: Approval, as_json: bool) -> None:
    if as_json:
        desk.json(one)
        return
    job = f" Watch it with `steelyard jobs watch {plain(one['job_id'])}`." if one["job_id"] else ""
    desk.notice(f"{plain(one['model'])} for {plain(one['username'])}: {one['status']}.{job}")
