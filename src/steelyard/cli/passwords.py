"""How passwords come in: typed where nobody sees them, or from a pipe."""

from collections.abc import Iterator
from typing import Annotated

import typer

from steelyard.cli.desk import Desk

FromPipe = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def new_password(desk: Desk, *, piped: bool, name: str) -> str:
    """A new password, typed twice. Raises typer.BadParameter when nobody can be asked, or the two differ."""
    if piped:
        return next(lines(desk))
    require_person(desk)
    password = desk.ask_hidden(f"New password for {name}: ")
    if desk.ask_hidden("The same again: ") != password:
        raise typer.BadParameter("the two are not the same; nothing was changed")
    return password


def require_person(desk: Desk) -> None:
    """Raises typer.BadParameter when nobody sits at a terminal."""
    if not desk.can_ask:
        raise typer.BadParameter("nobody can be asked for a password here; say --password-stdin")


def lines(desk: Desk) -> Iterator[str]:
    """What standard input says, line by line. Raises typer.BadParameter at its end."""
    while desk.keys is not None and (line := desk.keys.readline()):
        yield line.rstrip("\r\n")
    raise typer.BadParameter("standard input has no password on it")
