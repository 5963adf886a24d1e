"""``steelyard set`` and ``steelyard pin``: change what a model is called and how it is treated."""

from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, ModelName
from steelyard.cli.tables import print_facts
from steelyard.cli.words import NOTHING, joined, plain
from steelyard.client.shapes import Model


def change(
    context: typer.Context,
    model: ModelName,
    name: Annotated[str | None, typer.Option(help="What people read; the address stays.")] = None,
    description: Annotated[str | None, typer.Option(help='Free text; "" takes it away.')] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="All tags it shall have, may be repeated.")] = None,
    no_tags: Annotated[bool, typer.Option("--no-tags", help="Take all tags away.")] = False,
    aliases: Annotated[
        list[str] | None, typer.Option("--alias", help="All aliases it shall have, may be repeated.")
    ] = None,
    no_aliases: Annotated[bool, typer.Option("--no-aliases", help="Take all aliases away.")] = False,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="An inactive model is listed and refused.")
    ] = None,
    pinned: Annotated[bool | None, typer.Option("--pin/--unpin", help="A pinned model cannot be deleted.")] = None,
    private: Annotated[
        bool | None, typer.Option("--private/--public", help="Shown to its owner only, once there are accounts.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a model; only what is given changes."""
    given_tags, given_aliases = _all("--tag", tags, none=no_tags), _all("--alias", aliases, none=no_aliases)
    switches = (name, description, given_tags, given_aliases, active, pinned, private)
    if all(value is None for value in switches):
        raise typer.BadParameter("give something to change, such as --alias or --pin")
    desk = desk_of(context)
    with desk.client() as client:
        found = client.models.update(
            model, name=name, description=description, tags=given_tags, aliases=given_aliases, active=active,
            pinned=pinned, private=private,
        )  # fmt: skip
    _tell(desk, found, as_json)


def pin(
    context: typer.Context,
    model: ModelName,
    off: Annotated[bool, typer.Option("--off", help="Let it be deleted again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep a model from being deleted."""
    desk = desk_of(context)
    with desk.client() as client:
        found = client.models.update(model, pinned=not off)
    _tell(desk, found, as_json)


def _all(option: str, values: list[str] | None, *, none: bool) -> list[str] | None:
    if none and values:
        raise typer.BadParameter(f"give {option} or its opposite, not both")
    return [] if none else values or None


def _tell(desk: Desk, model: Model, as_json: bool) -> None:
    if as_json:
        desk.json(model)
        return
    desk.notice(f"{plain(model['model'])} is changed.")
    print_facts(desk, [(name, value) for name, value in _facts(model) if value != NOTHING])


def _facts(model: Model) -> list[tuple[str, str]]:
    marks = [word for word, is_so in (("pinned", model["pinned"]), ("private", model["private"])) if is_so]
    marks += [] if model["active"] else ["inactive"]
    return [
        ("Name", plain(model["name"])),
        ("Description", plain(model["description"])),
        ("Tags", joined(model["tags"])),
        ("Aliases", joined(model["aliases"])),
        ("Treated as", joined(marks)),
    ]
