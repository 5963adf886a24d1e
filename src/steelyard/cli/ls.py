"""``steelyard ls``: the shelf."""

from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import ago, plain, size
from steelyard.client.shapes import Model, ModelPage

_COLUMNS = (
    Column("Model", whole=True),
    Column("Status"),
    Column("Format", spare=True),
    Column("Size", right=True),
    Column("Downloads", right=True, spare=True),
    Column("First pulled by"),
    Column("Last used"),
)


def ls(
    context: typer.Context,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Part of the name.")] = None,
    status: Annotated[str | None, typer.Option(help="Such as ready or partial; `deleted` lists the trash.")] = None,
    owner: Annotated[str | None, typer.Option(help="Of this person; `me` for your own.")] = None,
    format: Annotated[str | None, typer.Option(help="Such as gguf or safetensors.")] = None,  # noqa: A002
    sort: Annotated[str | None, typer.Option(help="By name, newest, last_used, downloads or size.")] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List the models on the shelf."""
    desk = desk_of(context)
    with desk.client() as client:
        found = client.models.list(q=query, status=status, owner=owner, format=format, sort=sort, limit=limit)
    if as_json:
        desk.json(found)
    elif found["models"]:
        _print(desk, found)
    elif query or status or owner or format:
        desk.notice("No model matches. `steelyard ls` shows them all.")
    else:
        desk.notice("The shelf is empty. Fetch a first model: `steelyard pull gpt2`")


def _print(desk: Desk, found: ModelPage) -> None:
    print_rows(desk, _COLUMNS, (_row(desk, model) for model in found["models"]))
    wrong = [model["model"] for model in found["models"] if model.get("problems")]
    if wrong:
        desk.notice(f"Some files are not what they should be: `steelyard show {plain(wrong[0])}` tells more.")
    shown = len(found["models"])
    if shown < found["count"]:
        desk.notice(f"{shown} of {found['count']} models. See more with --limit, fewer with --query.")


def _status(model: Model) -> str:
    marks = [] if model.get("active", True) else ["inactive"]
    marks += ["problems"] if model.get("problems") else []
    return plain(model["status"]) + (f" ({', '.join(marks)})" if marks else "")


def _row(desk: Desk, model: Model) -> tuple[str, ...]:
    stats = model.get("stats") or {}
    return (
        plain(model["model"]),
        _status(model),
        plain(model.get("format")),
        size(model.get("size_bytes")),
        plain(stats.get("download_count", 0)),
        plain(stats.get("first_downloaded_by")),
        ago(model.get("last_used_at"), desk.clock.now(), never="never"),
    )
