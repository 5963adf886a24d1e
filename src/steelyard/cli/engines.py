"""``steelyard engines``: which can be used, and what they hold in memory."""

from datetime import datetime
from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.names import loaded_names
from steelyard.cli.options import AsJson
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import duration, plain, size
from steelyard.client.shapes import Engine, LoadedModel, LoadedPage

app = typer.Typer(add_completion=False, invoke_without_command=True)

_ENGINES = (Column("Engine"), Column("Usable"), Column("Why not", whole=True), Column("What helps", whole=True))
_LOADED = (
    Column("Model", whole=True),
    Column("Task"),
    Column("Engine"),
    Column("Memory", right=True),
    Column("Context", right=True, spare=True),
    Column("In use", right=True),
    Column("Until"),
)


@app.callback()
def engines(context: typer.Context, as_json: AsJson = False) -> None:
    """List engines, or what they hold in memory."""
    if context.invoked_subcommand is not None:
        return
    desk = desk_of(context)
    with desk.client() as client:
        found = client.engines.list()
    if as_json:
        desk.json(found)
    else:
        print_rows(desk, _ENGINES, map(_engine, found["engines"]))


@app.command()
def loaded(context: typer.Context, as_json: AsJson = False) -> None:
    """List the models in memory."""
    desk = desk_of(context)
    with desk.client() as client:
        found = client.engines.loaded()
    if as_json:
        desk.json(found)
    else:
        _print(desk, found)


@app.command()
def unload(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="As `steelyard engines loaded` names it.", autocompletion=loaded_names)],
    as_json: AsJson = False,
) -> None:
    """Take a model out of memory once its requests are answered."""
    desk = desk_of(context)
    with desk.client() as client:
        done = client.engines.unload(model)
    if as_json:
        desk.json(done)
    elif done["unloaded"]:
        desk.notice(f"{plain(done['model'])} leaves memory.")
    else:
        desk.notice(f"{plain(done['model'])} was not in memory.")


def _engine(engine: Engine) -> tuple[str, ...]:
    return (
        plain(engine["name"]),
        "yes" if engine["usable"] else "no",
        plain(engine["reason"]),
        plain(engine["hint"]),
    )


def _print(desk: Desk, found: LoadedPage) -> None:
    if found["models"]:
        print_rows(desk, _LOADED, (_row(desk, model) for model in found["models"]))
    else:
        desk.notice("No model is in memory. The first question loads one: `steelyard chat MODEL`")
    for model, count in sorted(found["waiting"].items()):
        desk.notice(f"{count} waiting for {plain(model)}")
    desk.notice(f"{size(found['used_bytes'])} of {size(found['budget_bytes'])} in use.")


def _row(desk: Desk, model: LoadedModel) -> tuple[str, ...]:
    return (
        plain(model["model"]),
        plain(model["task"]),
        plain(model["engine"]),
        size(model["size_bytes"]),
        plain(model["context"]),
        plain(model["in_flight"]),
        _until(desk, model),
    )


def _until(desk: Desk, model: LoadedModel) -> str:
    if model["pinned"]:
        return "pinned"
    if model["in_flight"]:
        return "in use"
    if model["expires_at"] is None:
        return "it stays"
    left = (datetime.fromisoformat(model["expires_at"]) - desk.clock.now()).total_seconds()
    return f"in {duration(left)}" if left > 0 else "now"
