"""``steelyard rm`` and ``steelyard restore``: into the trash, out of it, or gone for good."""

import shlex
from typing import Annotated

import typer

from steelyard.cli.desk import FAILED, Desk, desk_of
from steelyard.cli.options import AsJson, ModelName, TrashedName
from steelyard.cli.words import local, plain, size
from steelyard.client import Client
from steelyard.client.shapes import Deletion


def rm(
    context: typer.Context,
    model: ModelName,
    purge: Annotated[bool, typer.Option("--purge", help="For good, now, without the time in the trash.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would free.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a purge.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a model: into the trash, from which `restore` brings it back."""
    desk = desk_of(context)
    with desk.client() as client:
        if purge and not dry_run and not yes:
            _ask(desk, client, model)
        done = client.models.delete(model, dry_run=dry_run, purge=purge)
    if as_json:
        desk.json(done)
    else:
        desk.notice(_said(done, purge=purge, dry_run=dry_run))


def restore(context: typer.Context, model: TrashedName, as_json: AsJson = False) -> None:
    """Have a model back from the trash."""
    desk = desk_of(context)
    with desk.client() as client:
        found = client.models.restore(model)
    if as_json:
        desk.json(found)
    else:
        desk.notice(f"{plain(found['model'])} is back on the shelf ({found['status']}).")


def _ask(desk: Desk, client: Client, model: str) -> None:
    """A purge cannot be undone: a person says yes, a script says --yes. Raises typer.Exit, BadParameter."""
    if not desk.can_ask:
        raise typer.BadParameter("a purge cannot be undone; say --yes with it")
    would = client.models.delete(model, dry_run=True, purge=True)
    if would["pinned"]:  # the depot refuses it, and says why
        return
    if not desk.confirm(f"Delete {plain(would['model'])} for good? That frees {size(would['frees_bytes'])}."):
        desk.notice("Nothing was deleted.")
        raise typer.Exit(FAILED)


def _said(done: Deletion, *, purge: bool, dry_run: bool) -> str:
    name, frees = plain(done["model"]), size(done["frees_bytes"])
    shared = f" {size(done['shared_bytes'])} stay: other models hold them too." if done["shared_bytes"] else ""
    if dry_run:
        unpin = f" It is pinned: `steelyard pin {shlex.quote(done['model'])} --off` first." if done["pinned"] else ""
        return f"Deleting {name} would free {frees}.{shared}{unpin}"
    if purge:
        return f"{name} is being deleted for good; that frees {frees}.{shared}"
    back = f"`steelyard restore {shlex.quote(done['model'])}` brings it back."
    return f"{name} is in the trash until {local(done['purge_after'])}; then {frees} are freed.{shared} {back}"
