"""``steelyard completion``: the script that lets a shell complete commands, options and models."""

from typing import Annotated, Literal

import typer

from steelyard.cli.desk import desk_of
from steelyard.cli.lazy import load

_SCRIPT = "typer.completion:get_completion_script"  # brings the detection of shells, which nothing else needs
_WHERE = {
    "bash": "~/.bashrc: eval \"$(steelyard completion bash)\"",
    "zsh": "~/.zshrc: eval \"$(steelyard completion zsh)\"",
    "fish": "~/.config/fish/config.fish: steelyard completion fish | source",
}  # fmt: skip


def completion(
    context: typer.Context, shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="Your shell.")]
) -> None:
    """Print the script that completes commands in your shell."""
    desk = desk_of(context)
    desk.print(load(_SCRIPT)(prog_name="steelyard", complete_var="_STEELYARD_COMPLETE", shell=shell))
    if desk.out.isatty():
        desk.notice(f"To have it in every shell, add to {_WHERE[shell]}")
