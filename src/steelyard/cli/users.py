"""``steelyard users``: accounts, and who belongs to them."""

import codecs
from typing import Annotated, Literal

import typer

from steelyard.cli.desk import FAILED, Desk, desk_of
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.passwords import FromPipe, lines, new_password, require_person
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import ago, joined, plain
from steelyard.client import Client
from steelyard.client.shapes import PrincipalPage, User, UserPage

app = typer.Typer(add_completion=False, invoke_without_command=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the account.")]
Role = Literal["viewer", "member", "admin", "service"]
Kind = Annotated[Literal["tailnet", "proxy"], typer.Argument(help="Who vouches for them.")]
Subject = Annotated[str, typer.Argument(metavar="WHO", help="As `steelyard users seen` shows it.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_USERS = (
    Column("Name", whole=True),
    Column("Role"),
    Column("State"),
    Column("Also known as", clip=True),
    Column("Since", spare=True),
)
_SEEN = (Column("Known by"), Column("Who", whole=True), Column("Account"), Column("First seen"))


@app.callback()
def users(context: typer.Context, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List accounts, or look after one."""
    if context.invoked_subcommand is None:
        _list(desk_of(context), limit, as_json)


@app.command("list")
def list_users(context: typer.Context, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List accounts."""
    _list(desk_of(context), limit, as_json)


@app.command()
def add(
    context: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Option(help="A service is a program, and has tokens only.")] = "member",
    without: Annotated[bool, typer.Option("--no-password", help="For people who come in by tailnet or proxy.")] = False,
    piped: FromPipe = False,
    as_json: AsJson = False,
) -> None:
    """Make an account."""
    desk = desk_of(context)
    password = None if without or role == "service" else new_password(desk, piped=piped, name=plain(name))
    with desk.client() as client:
        made = client.users.add(name, role=role, password=password)
    _tell(desk, made, f"{plain(made['username'])} has an account now, as {made['role']}.", as_json)


@app.command("set")
def change(
    context: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Option(help="The new role.")],
    as_json: AsJson = False,
) -> None:
    """Give an account another role; it has to sign in again."""
    desk = desk_of(context)
    with desk.client() as client:
        changed = client.users.change(name, role=role)
    _tell(desk, changed, f"{plain(changed['username'])} is a {changed['role']} now.", as_json)


@app.command()
def disable(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Keep somebody out: sessions end, tokens and password are good for nothing."""
    desk = desk_of(context)
    with desk.client() as client:
        changed = client.users.change(name, disabled=True)
    _tell(desk, changed, f"{plain(changed['username'])} is disabled; `steelyard users enable` undoes it.", as_json)


@app.command()
def enable(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Let somebody in again; their tokens are good again, too."""
    desk = desk_of(context)
    with desk.client() as client:
        changed = client.users.change(name, disabled=False)
    _tell(desk, changed, f"{plain(changed['username'])} can come in again.", as_json)


@app.command()
def password(context: typer.Context, name: Name, piped: FromPipe = False) -> None:
    """Set a password. For your own account the present one is asked for first (with a pipe: its first line)."""
    desk = desk_of(context)
    with desk.client() as client:
        current = _present(desk, client, name, piped=piped)
        client.users.set_password(name, new_password(desk, piped=piped, name=plain(name)), current=current)
    desk.notice(f"{plain(name)} has a new password. All their sessions ended; tokens go on.")


@app.command()
def rm(
    context: typer.Context,
    name: Name,
    yes: Yes = False,
) -> None:
    """Delete an account with its sessions and tokens. What it did stays in the history."""
    desk = desk_of(context)
    _require_sure(desk, f"Delete the account {plain(name)}?", yes=yes)
    with desk.client() as client:
        client.users.delete(name)
    desk.notice(f"{plain(name)} has no account any more.")


@app.command()
def export(context: typer.Context, name: Name) -> None:
    """Write all that the depot knows of a person to stdout, one JSON object a line."""
    desk = desk_of(context)
    decoder = codecs.getincrementaldecoder("utf-8")()
    with desk.client() as client:
        for chunk in client.users.export(name):
            desk.out.write(decoder.decode(chunk))
    desk.out.flush()


@app.command()
def forget(context: typer.Context, name: Name, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete an account and every trace of who it was; totals stay. Cannot be undone."""
    desk = desk_of(context)
    _require_sure(desk, f"Forget {plain(name)} for good? Records will say a made-up name instead.", yes=yes)
    with desk.client() as client:
        done = client.users.forget(name)
    if as_json:
        desk.json(done)
    else:
        rows = f"{done['requests']} requests, {done['events']} events and {done['models']} models"
        desk.notice(f"{plain(name)} is forgotten: {rows} say {done['pseudonym']} or nobody now.")


@app.command()
def link(context: typer.Context, name: Name, kind: Kind, subject: Subject, as_json: AsJson = False) -> None:
    """Let somebody known by the tailnet or a proxy count as this account."""
    desk = desk_of(context)
    with desk.client() as client:
        changed = client.users.link(name, kind, subject)
    _tell(desk, changed, f"{plain(subject)} counts as {plain(changed['username'])} now.", as_json)


@app.command()
def unlink(context: typer.Context, name: Name, kind: Kind, subject: Subject, as_json: AsJson = False) -> None:
    """Undo a link."""
    desk = desk_of(context)
    with desk.client() as client:
        changed = client.users.unlink(name, kind, subject)
    _tell(desk, changed, f"{plain(subject)} does not count as {plain(changed['username'])} any more.", as_json)


@app.command()
def logout(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Sign somebody out everywhere; tokens go on."""
    desk = desk_of(context)
    with desk.client() as client:
        done = client.users.logout(name)
    if as_json:
        desk.json(done)
    else:
        desk.notice(f"{plain(done['username'])} is signed out everywhere ({done['ended']} sessions).")


@app.command()
def seen(
    context: typer.Context,
    unlinked: Annotated[bool, typer.Option("--unlinked", help="Only those without an account.")] = False,
    kind: Annotated[str | None, typer.Option(help="Such as tailnet or proxy.")] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List everybody who was ever seen, and how the depot knows them."""
    desk = desk_of(context)
    with desk.client() as client:
        found = client.users.principals(kind=kind, linked=False if unlinked else None, limit=limit)
    if as_json:
        desk.json(found)
    else:
        _print_seen(desk, found)


def _list(desk: Desk, limit: int, as_json: bool) -> None:
    with desk.client() as client:
        found = client.users.list(limit=limit)
    if as_json:
        desk.json(found)
    elif found["users"]:
        _print_users(desk, found)
    else:
        desk.notice("Nobody has an account yet. Make one: `steelyard users add NAME --role admin`")


def _print_users(desk: Desk, found: UserPage) -> None:
    print_rows(desk, _USERS, (_row(desk, user) for user in found["users"]))
    if len(found["users"]) < found["count"]:
        desk.notice(f"{len(found['users'])} of {found['count']} accounts. See more with --limit.")


def _row(desk: Desk, user: User) -> tuple[str, ...]:
    known = [f"{link['kind']} {link['subject']}" for link in user["principals"]]
    state = (
        "disabled"
        if user["disabled"]
        else "active"
        if user["has_password"] or user["role"] == "service"
        else "no password"
    )
    return plain(user["username"]), user["role"], state, joined(known), ago(user["created_at"], desk.clock.now())


def _print_seen(desk: Desk, found: PrincipalPage) -> None:
    now = desk.clock.now()
    print_rows(
        desk,
        _SEEN,
        (
            (one["kind"], plain(one["subject"]), plain(one["account"]), ago(one["first_seen_at"], now))
            for one in found["principals"]
        ),
    )
    if len(found["principals"]) < found["count"]:
        desk.notice(f"{len(found['principals'])} of {found['count']}. See more with --limit.")


def _require_sure(desk: Desk, question: str, *, yes: bool) -> None:
    if not yes and not desk.can_ask:
        raise typer.BadParameter("this cannot be undone; say --yes with it")
    if not yes and not desk.confirm(question):
        desk.notice("Nothing was changed.")
        raise typer.Exit(FAILED)


def _tell(desk: Desk, user: User, said: str, as_json: bool) -> None:
    if as_json:
        desk.json(user)
    else:
        desk.notice(said)


def _present(desk: Desk, client: Client, name: str, *, piped: bool) -> str | None:
    """The present password, where the depot will ask for it."""
    account = client.users.me()["account"]
    if account is None or account.casefold() != name.casefold():
        return None
    if piped:
        return next(lines(desk))
    require_person(desk)
    return desk.ask_hidden("Your present password: ")
