"""``steelyard history``: who asked for what, and how it went."""

from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import NOTHING, ago, plain, short, size
from steelyard.client.shapes import DownloadRequest, DownloadRequestPage

_COLUMNS = (
    Column("When"),
    Column("Who"),
    Column("From", spare=True),
    Column("What", whole=True),
    Column("Status"),
    Column("Size", right=True, spare=True),
    Column("Task", tail=12, spare=True),
)
_ERROR = Column("Error", clip=True)


def history(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="Only what this person asked for.")] = None,
    ip: Annotated[str | None, typer.Option(help="Only what was asked from this address.")] = None,
    status: Annotated[str | None, typer.Option(help="Such as completed, failed or downloading.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Show who asked for what, newest first."""
    if user is not None and ip is not None:
        raise typer.BadParameter("give --user or --ip, not both")
    desk = desk_of(context)
    with desk.client() as client:
        found = client.downloads.history(user=user, ip=ip, status=status, limit=limit)
    if as_json:
        desk.json(found)
    elif found["requests"]:
        _print(desk, found)
    else:
        desk.notice("Nobody asked for anything yet." if not (user or ip or status) else "Nothing matches.")


def _print(desk: Desk, found: DownloadRequestPage) -> None:
    requests = found["requests"]
    if any(request.get("error") for request in requests):
        rows = ((*_row(desk, request), short(request.get("error"))) for request in requests)
        print_rows(desk, (*_COLUMNS, _ERROR), rows)
    else:
        print_rows(desk, _COLUMNS, (_row(desk, request) for request in requests))
    if len(requests) < found["count"]:
        desk.notice(f"The newest {len(requests)} of {found['count']}. See more with --limit.")


def _row(desk: Desk, request: DownloadRequest) -> tuple[str, ...]:
    return (
        ago(request["timestamp"], desk.clock.now()),
        plain(request["username"]),
        plain(request["vpn_ip"]),
        _what(request),
        plain(request["status"]),
        size(request["total_size"]),
        plain(request["task_id"]),
    )


def _what(request: DownloadRequest) -> str:
    if request.get("model"):
        return plain(request["model"])
    album = [part for part in (request.get("artist"), request.get("album")) if part]
    return plain(" - ".join(album)) if album else NOTHING
