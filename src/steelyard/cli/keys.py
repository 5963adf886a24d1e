"""``steelyard keys``: public keys that requests are signed with, as ``ollama`` does."""

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import ago, plain
from steelyard.client.shapes import PublicKey

app = typer.Typer(add_completion=False, invoke_without_command=True)

Whose = Annotated[str | None, typer.Option("--user", help="Whose; your own, or all for administrators.")]
_LONGEST = 4096  # characters of a file; a line has about a hundred
_COLUMNS = (
    Column("Id", whole=True),
    Column("Owner"),
    Column("Called", clip=True),
    Column("State"),
    Column("Fingerprint"),
    Column("Last used"),
)


@app.callback()
def keys(context: typer.Context, whose: Whose = None, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List public keys, register and remove them."""
    if context.invoked_subcommand is None:
        _list(desk_of(context), whose, limit, as_json)


@app.command("ls")
def list_keys(context: typer.Context, whose: Whose = None, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List public keys."""
    _list(desk_of(context), whose, limit, as_json)


@app.command()
def add(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="FILE", help="Such as ~/.ollama/id_ed25519.pub, or the line in it.")],
    label: Annotated[str | None, typer.Option(help="What to call it; the line's own comment unless given.")] = None,
    whose: Annotated[str | None, typer.Option("--user", help="Whose it shall be; your own unless given.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Of read, pull, write, report; may be given again. Unless given: what your token has."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Register a public key: `OLLAMA_AUTH=1 ollama …` is you from then on."""
    desk, line = desk_of(context), _line(key)
    with desk.client() as client:
        added = client.keys.add(line, label=label, user=whose, scopes=scope)
    if as_json:
        desk.json(added)
    else:
        desk.notice(f"What {added['fingerprint']} signs counts as {plain(added['username'])}'s now.")


@app.command()
def rm(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `steelyard keys` shows it.")],
) -> None:
    """Remove a public key."""
    desk = desk_of(context)
    with desk.client() as client:
        client.keys.remove(key_id)
    desk.notice(f"The key {plain(key_id)} is nobody's now.")


def _list(desk: Desk, whose: str | None, limit: int, as_json: bool) -> None:
    with desk.client() as client:
        found = client.keys.list(user=whose, limit=limit)
    if as_json:
        desk.json(found)
    elif found["keys"]:
        print_rows(desk, _COLUMNS, (_row(desk, key) for key in found["keys"]))
        if len(found["keys"]) < found["count"]:
            desk.notice(f"{len(found['keys'])} of {found['count']} keys. See more with --limit.")
    else:
        desk.notice("No keys. Register one: `steelyard keys add ~/.ollama/id_ed25519.pub`")


def _row(desk: Desk, key: PublicKey) -> tuple[str, ...]:
    used = ago(key["last_used_at"], desk.clock.now(), never="never")
    return key["id"], plain(key["username"]), plain(key["label"]), key["status"], key["fingerprint"], used


def _line(key: str) -> str:
    """The line itself, or what stands in the file. Raises typer.BadParameter, and never sends a private key."""
    if key.startswith("ssh-"):
        return key.strip()
    try:
        with Path(key).expanduser().open(encoding="utf-8") as file:
            line = file.read(_LONGEST).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{key} cannot be read as a public key") from error
    if "PRIVATE KEY" in line:
        raise typer.BadParameter("this is a private key; the public one is beside it, in a file that ends with .pub")
    return line
