"""``steelyard config``: every setting, its value, and where that came from."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli.desk import desk_of
from steelyard.cli.options import AsJson
from steelyard.cli.tables import Column, print_rows

_COLUMNS = (Column("Setting", whole=True), Column("Value"), Column("From"))


def config(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="The depot's own folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show every setting; secrets are masked."""
    # Late on purpose: see serve.py.
    from steelyard.settings import load

    desk = desk_of(context)
    origins = load(desk.environ, {"home": home}).origins()
    if as_json:
        desk.json([asdict(origin) for origin in origins])
        return
    print_rows(desk, _COLUMNS, ([origin.name, _shown(origin.value), origin.source] for origin in origins))


def _shown(value: object) -> str:
    return "-" if value is None else str(value)
