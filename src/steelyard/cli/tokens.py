"""``steelyard tokens``: what programs show instead of a password."""

from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import ago, joined, local, plain
from steelyard.client.shapes import NewToken, Token, TokenPage

app = typer.Typer(add_completion=False, invoke_without_command=True)

Whose = Annotated[str | None, typer.Option("--user", help="Whose; your own, or all for administrators.")]
Revoked = Annotated[bool, typer.Option("--revoked", help="Also those that were revoked.")]
_COLUMNS = (
    Column("Id", whole=True),
    Column("Owner"),
    Column("For", clip=True),
    Column("State"),
    Column("Scopes"),
    Column("Good until", spare=True),
    Column("Last used"),
)


@app.callback()
def tokens(
    context: typer.Context, whose: Whose = None, revoked: Revoked = False, limit: Limit = 100, as_json: AsJson = False
) -> None:
    """List tokens, make and revoke them."""
    if context.invoked_subcommand is None:
        _list(desk_of(context), whose, revoked, limit, as_json)


@app.command("list")
def list_tokens(
    context: typer.Context, whose: Whose = None, revoked: Revoked = False, limit: Limit = 100, as_json: AsJson = False
) -> None:
    """List tokens."""
    _list(desk_of(context), whose, revoked, limit, as_json)


@app.command()
def add(
    context: typer.Context,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="What it is for, such as laptop or ci.")],
    whose: Annotated[str | None, typer.Option("--user", help="Whose it shall be; your own unless given.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Of read, pull, write, report, admin; may be given again. Unless given: all but admin."),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="How long it is good; 90 unless given.")] = None,
    never: Annotated[bool, typer.Option("--never-expires", help="For service accounts only.")] = False,
    network: Annotated[
        list[str] | None, typer.Option("--from", help="A network it may be used from; may be given again.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token. It is printed once: the depot keeps only a hash."""
    if never and days is not None:
        raise typer.BadParameter("take one of --days and --never-expires")
    desk = desk_of(context)
    with desk.client() as client:
        made = client.tokens.add(label, user=whose, scopes=scope, days=days, never_expires=never, cidrs=network)
    if as_json:
        desk.json(made)
    else:
        desk.print(made["token"])
        desk.notice(_about(made))


@app.command()
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `steelyard tokens` shows it.")],
) -> None:
    """Make a token good for nothing."""
    desk = desk_of(context)
    with desk.client() as client:
        client.tokens.revoke(token_id)
    desk.notice(f"The token {plain(token_id)} is good for nothing now.")


def _list(desk: Desk, whose: str | None, revoked: bool, limit: int, as_json: bool) -> None:
    with desk.client() as client:
        found = client.tokens.list(user=whose, revoked=revoked or None, limit=limit)
    if as_json:
        desk.json(found)
    elif found["tokens"]:
        _print(desk, found)
    else:
        desk.notice("No tokens. Make one: `steelyard tokens add LABEL`")


def _print(desk: Desk, found: TokenPage) -> None:
    print_rows(desk, _COLUMNS, (_row(desk, token) for token in found["tokens"]))
    if len(found["tokens"]) < found["count"]:
        desk.notice(f"{len(found['tokens'])} of {found['count']} tokens. See more with --limit.")


def _row(desk: Desk, token: Token) -> tuple[str, ...]:
    scopes = "all" if token["scopes"] is None else joined(token["scopes"])
    used = ago(token["last_used_at"], desk.clock.now(), never="never")
    return token["id"], plain(token["username"]), plain(token["label"]), token["status"], scopes, _end(token), used


def _end(token: Token) -> str:
    return "for ever" if token["expires_at"] is None else local(token["expires_at"])[:10]


def _about(made: NewToken) -> str:
    end = "for ever" if made["expires_at"] is None else f"until {_end(made)}"
    scopes = "everything" if made["scopes"] is None else joined(made["scopes"])
    return (
        f"Keep it now, it is not shown again: a token of {plain(made['username'])}, good {end}, for {scopes}. "
        "Programs take it from STEELYARD_TOKEN."
    )
