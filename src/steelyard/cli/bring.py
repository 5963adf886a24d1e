"""``steelyard import``: models that are on a disk of the depot's machine already."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from steelyard.cli.desk import FAILED, Desk, desk_of
from steelyard.cli.follow import ended_well, follow, leave
from steelyard.cli.options import AsJson
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import plain, size
from steelyard.client import Client
from steelyard.client.shapes import ImportedModel, ImportTotals

_COLUMNS = (
    Column("Model", whole=True),
    Column("Status"),
    Column("Linked", right=True, spare=True),
    Column("Copied", right=True, spare=True),
    Column("Reason", clip=True),
)


def bring(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A Hugging Face cache, a folder of models, or an old mount point.")],
    kind: Annotated[
        Literal["auto", "huggingface", "folder", "mount"], typer.Option(help="How to read the folder.")
    ] = "auto",
    name: Annotated[str | None, typer.Option(help="What to call a plain folder, such as team/model.")] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy everything; else files are linked.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is done.")] = True,
    as_json: AsJson = False,
) -> None:
    """Import models that the depot's machine has on a disk."""
    desk = desk_of(context)
    asked = {"kind": kind, "name": name}
    folder = str(path.absolute())
    with desk.client() as client:
        if dry_run:
            plan = client.imports.plan(folder, **asked, copy=copy)
            _show(desk, plan, plan["models"], plan["totals"], as_json)
            return
        started = client.imports.start(folder, **asked, copy=copy)
        if wait:
            _wait(desk, client, started["job_id"], as_json)
        elif as_json:
            desk.json(started)
        else:
            leave(desk, client, started["job_id"])


def _wait(desk: Desk, client: Client, job_id: str, as_json: bool) -> None:
    """Raises typer.Exit with 1 when the job failed or some model was refused."""
    ended_well(desk, follow(desk, client, job_id))
    found = client.imports.get(job_id)
    _show(desk, found, found.get("models", []), found["totals"], as_json)
    if found["totals"]["refused"]:
        raise typer.Exit(FAILED)


def _show(desk: Desk, answer: object, models: list[ImportedModel], totals: ImportTotals, as_json: bool) -> None:
    if as_json:
        desk.json(answer)
        return
    if models:
        print_rows(desk, _COLUMNS, (_row(model) for model in models))
    copied, linked = size(totals["bytes_copied"]), size(totals["bytes_linked"])
    refused = f", {totals['refused']} refused" if totals["refused"] else ""
    what = f"{_counted(totals['models'], 'model')}, {_counted(totals['files'], 'file')}"
    desk.notice(f"{what}: {linked} linked, {copied} copied{refused}.")
    for model in models:
        _warn(desk, model)


def _warn(desk: Desk, model: ImportedModel) -> None:
    """What came in is kept, so this is no failure: whoever has no better copy may want it all the same."""
    problems = model.get("problems") or []
    if not problems:
        return
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    desk.notice(f"Warning: {plain(model['model'])}: {plain(problems[0])}{more}")
    desk.notice(
        f"Hint:  It was taken as it is; `steelyard show {plain(model['model'])}` tells all. Import a whole copy."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _row(model: ImportedModel) -> tuple[str, ...]:
    refused = [f"{file['path']}: {file['reason']}" for revision in model["revisions"] for file in revision["refused"]]
    reason = model["reason"] or (refused[0] if refused else None)
    return (
        plain(model["model"] or model["folder"]),
        plain(model["status"]),
        size(model["bytes_linked"]),
        size(model["bytes_copied"]),
        plain(reason),
    )
