"""Commands that are imported when they are used, so that ``steelyard ls`` does not pay for ``steelyard serve``."""

import importlib
from collections import UserDict
from typing import Any

import typer
from typer.main import get_command

from steelyard.cli.coercion import read_plainly


def load(target: str) -> Any:
    """The object behind ``"module:attribute"``. Raises ImportError or AttributeError."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


class LazyCommands(UserDict[str, Any]):
    """Names to commands, kept as ``"module:attribute"`` until asked for.

    The attribute is a ``typer.Typer`` or a plain function, whose docstring is the help. Listing the names imports
    nothing; help imports all.
    """

    def __getitem__(self, name: str) -> Any:
        command = _command(name, load(super().__getitem__(name)))
        command.name = name
        read_plainly(command)
        return command


def _command(name: str, found: Any) -> Any:
    if isinstance(found, typer.Typer):
        return get_command(found)
    app = typer.Typer(add_completion=False)
    app.command(name)(found)
    return get_command(app)
