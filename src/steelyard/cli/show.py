"""``steelyard show``: one model."""

import shlex
from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson
from steelyard.cli.tables import Column, print_facts, print_rows
from steelyard.cli.words import joined, percent, plain, since, size
from steelyard.client import NotFound
from steelyard.client.shapes import Model

_FILES = (Column("File", whole=True), Column("Size", right=True), Column("SHA-256"))


def show(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="A name such as gpt2 or org/name, an alias or a catalog id.")],
    as_json: AsJson = False,
) -> None:
    """Show one model: facts, files, use."""
    desk = desk_of(context)
    try:
        with desk.client() as client:
            found = client.models.get(model)
    except NotFound as error:
        error.hint = f"steelyard pull {shlex.quote(model)}"
        raise
    if as_json:
        desk.json(found)
        return
    print_facts(desk, [*_facts(desk, found), *_use(desk, found)])
    if found.get("files"):
        desk.print("")
        rows = ((plain(file["path"]), size(file["size"]), plain(file.get("sha256"))) for file in found["files"])
        print_rows(desk, _FILES, rows)


def _facts(desk: Desk, model: Model) -> list[tuple[str, str]]:
    parameters = model.get("parameters")
    return [
        ("Model", plain(model["model"])),
        ("Id", plain(model["id"])),
        ("Status", plain(model["status"]) + ("" if model.get("active", True) else " (inactive)")),
        ("Source", plain(model.get("source"))),
        ("Revision", plain(model.get("revision"))),
        ("Format", plain(model.get("format"))),
        ("Architecture", plain(model.get("architecture"))),
        ("Parameters", plain(None if parameters is None else f"{parameters:,}")),
        ("Quantisation", plain(model.get("quantization"))),
        ("Context", plain(model.get("context_length"))),
        ("Licence", plain(model.get("license"))),
        ("Size", size(model.get("size_bytes"))),
        ("Owner", plain(model.get("owner"))),
        ("Tags", joined(model.get("tags", []))),
        ("Aliases", joined(model.get("aliases", []))),
        ("Added", since(model.get("created_at"), desk.clock.now())),
    ]


def _use(desk: Desk, model: Model) -> list[tuple[str, str]]:
    stats, now = model.get("stats") or {}, desk.clock.now()
    return [
        ("First pulled by", plain(stats.get("first_downloaded_by"))),
        ("First pulled", since(stats.get("first_downloaded_at"), now)),
        ("First pulled from", plain(stats.get("first_downloaded_from"))),
        ("Last used", since(model.get("last_used_at"), now, never="never")),
        ("Downloads", plain(stats.get("download_count", 0))),
        ("Looked at", plain(stats.get("access_count", 0))),
        ("Requests", plain(stats.get("total_requests", 0))),
        ("Uses", plain(stats.get("uses", 0))),
        ("Users", plain(stats.get("unique_users", 0))),
        ("Success rate", percent(stats.get("success_rate"))),
    ]
