"""The entry point: global options, the table of commands, exit codes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer
from typer.main import get_group

from steelyard.cli.coercion import read_plainly
from steelyard.cli.desk import Desk, desk_of, exit_code, standard_desk
from steelyard.cli.lazy import LazyCommands, load
from steelyard.client import ClientError
from steelyard.core.errors import SteelyardError
from steelyard.core.version import __version__

COMPLETE = "_STEELYARD_COMPLETE"  # the variable by which a shell asks for completions
COMMANDS: Mapping[str, str] = {
    "serve": "steelyard.cli.serve:serve",
    "worker": "steelyard.cli.worker:worker",
    "pull": "steelyard.cli.pull:pull",
    "ls": "steelyard.cli.ls:ls",
    "show": "steelyard.cli.show:show",
    "set": "steelyard.cli.change:change",
    "pin": "steelyard.cli.change:pin",
    "rm": "steelyard.cli.rm:rm",
    "restore": "steelyard.cli.rm:restore",
    "verify": "steelyard.cli.verify:verify",
    "allow": "steelyard.cli.allow:allow",
    "import": "steelyard.cli.bring:bring",
    "chat": "steelyard.cli.chat:chat",
    "sessions": "steelyard.cli.sessions:app",
    "engines": "steelyard.cli.engines:app",
    "jobs": "steelyard.cli.jobs:app",
    "history": "steelyard.cli.history:history",
    "approvals": "steelyard.cli.approvals:app",
    "quotas": "steelyard.cli.quotas:app",
    "audit": "steelyard.cli.audit:audit",
    "stats": "steelyard.cli.stats:stats",
    "top": "steelyard.cli.top:top",
    "whoami": "steelyard.cli.whoami:whoami",
    "users": "steelyard.cli.users:app",
    "tokens": "steelyard.cli.tokens:app",
    "keys": "steelyard.cli.keys:app",
    "config": "steelyard.cli.config:config",
    "doctor": "steelyard.cli.doctor:doctor",
    "demo": "steelyard.cli.demo:demo",
    "completion": "steelyard.cli.complete:completion",
}


def run(argv: Sequence[str] | None = None, desk: Desk | None = None, commands: Mapping[str, str] = COMMANDS) -> int:
    """Run one command line and give its exit code.

    0 fine, 1 failed, 2 wrong usage, 3 no server, 4 not found, 130 interrupted.
    """
    at = desk or standard_desk()
    if COMPLETE in at.environ:
        load("typer.completion:completion_init")()  # the shells that Typer knows; nobody else needs them
    try:
        _program(commands).main(args=argv, prog_name="steelyard", obj=at)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except (ClientError, SteelyardError) as error:
        at.complain(error)
        return exit_code(error)
    return 0


def _program(commands: Mapping[str, str]) -> typer.core.TyperGroup:
    app = typer.Typer(name="steelyard", no_args_is_help=True, add_completion=False)
    app.callback()(_globals)
    group = get_group(app)
    read_plainly(group)
    group.commands = LazyCommands(commands)
    return group


def _print_version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        desk_of(context).print(f"steelyard {__version__}")
        raise typer.Exit


def _globals(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="The server's address; usually set as STEELYARD_URL.")] = None,
    token: Annotated[str | None, typer.Option(help="An access token, usually set as STEELYARD_TOKEN.")] = None,
    user: Annotated[str | None, typer.Option(help="The name you go by, or STEELYARD_USER.")] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """A depot for your team's AI models: fetched once, shared with everyone."""
    context.obj = replace(desk_of(context), url=url, token=token, user=user)
