"""Options that several commands share."""

from typing import Annotated

import typer

from steelyard.cli.names import model_names, trashed_names

AsJson = Annotated[bool, typer.Option("--json", help="Print what the server answers, for programs.")]
ModelName = Annotated[
    str,
    typer.Argument(help="A name such as gpt2 or org/name, an alias, or a catalog id.", autocompletion=model_names),
]
TrashedName = Annotated[
    str,
    typer.Argument(help="A name such as gpt2 or org/name, an alias, or a catalog id.", autocompletion=trashed_names),
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many at most.")]
