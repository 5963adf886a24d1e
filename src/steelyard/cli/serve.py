"""``steelyard serve``: the only verb that is the server instead of asking one."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli.desk import desk_of


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    home: Annotated[Path | None, typer.Option(help="The depot's own folder.")] = None,
    store: Annotated[Path | None, typer.Option(help="The folder with the bytes.")] = None,
    auth: Annotated[str | None, typer.Option(help="open or required.")] = None,
) -> None:
    """Run the depot until Ctrl-C."""
    # What a start makes stays: looking through it for garbage took a tenth of the second it takes.
    gc.disable()
    # Late on purpose: the server's imports take a second that no other verb should pay.
    from steelyard.server import serve as run_server
    from steelyard.settings import load

    options = {"server.host": host, "server.port": port, "home": home, "store": store, "server.auth": auth}
    run_server(load(desk_of(context).environ, options).settings)
