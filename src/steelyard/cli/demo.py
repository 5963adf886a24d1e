"""``steelyard demo``: a depot to look at, with made-up days in it."""

from typing import Annotated

import typer

from steelyard.cli.desk import desk_of


def demo(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 8420 unless it is taken, 0 takes a free one.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days to make up.")] = 30,
    seed: Annotated[int, typer.Option(help="The same seed makes the same days up.")] = 1,
) -> None:
    """Show a throw-away depot with made-up people and their days, until Ctrl-C."""
    # Late on purpose: the server's imports take a second that no other verb should pay.
    from steelyard.demo.show import show

    show(port, days, seed, desk_of(context).print)
