"""``steelyard worker``: a further process that downloads, on this host or another one."""

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli.desk import desk_of


def worker(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="The folder with steelyard.toml.")] = None,
    store: Annotated[Path | None, typer.Option(help="The folder with the bytes, the same for all processes.")] = None,
) -> None:
    """Run one more worker until Ctrl-C; needs PostgreSQL."""
    # Late on purpose: see serve.py.
    from steelyard.settings import load
    from steelyard.working import work

    work(load(desk_of(context).environ, {"home": home, "store": store}).settings)
