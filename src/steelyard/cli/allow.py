"""``steelyard allow``: let a model's quarantined files be used, and put them back."""

import shlex
from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, ModelName
from steelyard.cli.words import plain
from steelyard.client.shapes import Model


def allow(
    context: typer.Context,
    model: ModelName,
    reason: Annotated[
        str | None, typer.Option(help="Why the files can be trusted; everybody who looks at the model sees it.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Put what was allowed back into quarantine.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let files be used that can run code and did not pass the scan; for administrators."""
    if undo == (reason is not None):
        raise typer.BadParameter("give --reason TEXT, or --undo")
    desk = desk_of(context)
    with desk.client() as client:
        found = client.models.disallow(model) if reason is None else client.models.allow(model, reason)
    if as_json:
        desk.json(found)
    else:
        _tell(desk, found, undo=undo)


def _tell(desk: Desk, model: Model, *, undo: bool) -> None:
    name = plain(model["model"])
    if undo:
        desk.notice(f"What was allowed of {name} is back in quarantine.")
    else:
        back = f"`steelyard allow {shlex.quote(model['model'])} --undo`"
        desk.notice(f"The quarantined files of {name} can be used now; {back} puts them back.")
