"""``steelyard sessions``: conversations that the depot keeps for you."""

from typing import Annotated

import typer

from steelyard.cli.desk import desk_of
from steelyard.cli.names import session_names
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import ago, plain, visible

app = typer.Typer(add_completion=False, invoke_without_command=True)

SessionName = Annotated[
    str, typer.Argument(metavar="NAME", help="The name of the conversation.", autocompletion=session_names)
]
_COLUMNS = (
    Column("Session", whole=True),
    Column("Messages", right=True),
    Column("Letters", right=True, spare=True),
    Column("Last used"),
)


@app.callback()
def sessions(context: typer.Context, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List your conversations, or look at one."""
    if context.invoked_subcommand is not None:
        return
    desk = desk_of(context)
    with desk.client() as client:
        found = client.sessions.list(limit=limit)
    if as_json:
        desk.json(found)
        return
    if not found["sessions"]:
        desk.notice("You have no sessions. Begin one: `steelyard chat MODEL --session NAME`")
        return
    rows = (
        (plain(one["session"]), str(one["messages"]), str(one["characters"]), ago(one["updated_at"], desk.clock.now()))
        for one in found["sessions"]
    )
    print_rows(desk, _COLUMNS, rows)
    if len(found["sessions"]) < found["count"]:
        desk.notice(f"{len(found['sessions'])} of {found['count']} sessions. See more with --limit.")


@app.command()
def show(context: typer.Context, name: SessionName, as_json: AsJson = False) -> None:
    """Show what was said in one."""
    desk = desk_of(context)
    with desk.client() as client:
        found = client.sessions.get(name)
    if as_json:
        desk.json(found)
        return
    for message in found["messages"]:
        content = message.get("content")
        desk.print(f"{plain(message.get('role'))}: {visible(content if isinstance(content, str) else str(content))}")


@app.command()
def rm(context: typer.Context, name: SessionName) -> None:
    """Forget one."""
    desk = desk_of(context)
    with desk.client() as client:
        client.sessions.delete(name)
    desk.notice(f"{plain(name)} is forgotten.")
