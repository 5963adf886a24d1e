"""``steelyard history``: who asked for what, and how it went."""

import codecs
from typing import Annotated, Literal

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.names import model_names
from steelyard.cli.options import AsJson
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import NOTHING, ago, plain, short, size
from steelyard.client import Client
from steelyard.client.filters import RequestFilters
from steelyard.client.shapes import DownloadRequest, DownloadRequestPage, ExportFormat

_COLUMNS = (
    Column("When"),
    Column("Who"),
    Column("From", spare=True),
    Column("What", whole=True),
    Column("Status"),
    Column("Size", right=True, spare=True),
    Column("Task", tail=12, spare=True),
)
_SHOWN = 20
_NEWEST = "newest"
_ERROR = Column("Error", clip=True)


def history(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="Only what this person asked for.")] = None,
    ip: Annotated[str | None, typer.Option(help="Only what was asked from this address.")] = None,
    status: Annotated[str | None, typer.Option(help="Such as completed, failed or downloading.")] = None,
    model: Annotated[str | None, typer.Option(help="Only requests for this model.", autocompletion=model_names)] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Part of a name.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time on, such as 2026-11-20.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    sort: Annotated[str | None, typer.Option(help="By newest, oldest, size, user, model or status.")] = None,
    export: Annotated[
        Literal["csv", "json", "ndjson"] | None, typer.Option(help="Write all that match as a file to stdout.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, max=1000, help="How many at most; 20 on the screen, all in a file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show who asked for what, newest first."""
    if export is not None:
        _refuse_beside_export(sort, as_json=as_json)
    desk = desk_of(context)
    filters = RequestFilters(user=user, ip=ip, status=status, model=model, q=query, since=since, until=until)
    with desk.client() as client:
        if export is not None:
            _export(desk, client, export, filters, limit)
            return
        found = client.downloads.history(**filters, sort=sort, limit=limit or _SHOWN)
    if as_json:
        desk.json(found)
    elif found["requests"]:
        _print(desk, found, sort)
    else:
        desk.notice("Nothing matches." if any(filters.values()) else "Nobody asked for anything yet.")


def _refuse_beside_export(sort: str | None, *, as_json: bool) -> None:
    """Raises typer.BadParameter for what a file would ignore."""
    if sort not in (None, _NEWEST):
        raise typer.BadParameter("a file has the newest first; leave out --sort, or --export")
    if as_json:
        raise typer.BadParameter("--export json writes a file of JSON; leave out --json, or --export")


def _export(desk: Desk, client: Client, form: ExportFormat, filters: RequestFilters, limit: int | None) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in client.downloads.export(form, limit=limit, **filters):
        desk.out.write(decoder.decode(chunk))
    desk.out.flush()


def _print(desk: Desk, found: DownloadRequestPage, sort: str | None) -> None:
    requests = found["requests"]
    if any(request.get("error") for request in requests):
        rows = ((*_row(desk, request), short(request.get("error"))) for request in requests)
        print_rows(desk, (*_COLUMNS, _ERROR), rows)
    else:
        print_rows(desk, _COLUMNS, (_row(desk, request) for request in requests))
    if len(requests) < found["count"]:
        which = "newest" if sort in (None, _NEWEST) else "first"
        desk.notice(f"The {which} {len(requests)} of {found['count']}. See more with --limit.")


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
