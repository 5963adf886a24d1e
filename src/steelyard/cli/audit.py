"""``steelyard audit``: who changed what."""

import codecs
import json
from typing import Annotated, Any, Literal

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import NOTHING, ago, plain, short
from steelyard.client import Client
from steelyard.client.filters import AuditFilters
from steelyard.client.shapes import AuditEntry, AuditPage, ExportFormat

_COLUMNS = (
    Column("When"),
    Column("Who"),
    Column("Known by", spare=True),
    Column("From", spare=True),
    Column("Action"),
    Column("What", whole=True),
    Column("Change", clip=True),
)
_SHOWN = 20


def audit(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="Only what this person did.")] = None,
    action: Annotated[str | None, typer.Option(help="Such as model.delete, or 'model.' for all of them.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this, such as a model.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time on, such as 2026-11-20.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    export: Annotated[
        Literal["csv", "json", "ndjson"] | None, typer.Option(help="Write all that match as a file to stdout.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, max=1000, help="How many at most; 20 on the screen, all in a file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show who changed what, newest first. For administrators."""
    if export is not None and as_json:
        raise typer.BadParameter("--export json writes a file of JSON; leave out --json, or --export")
    desk = desk_of(context)
    filters = AuditFilters(user=user, action=action, subject=subject, since=since, until=until)
    with desk.client() as client:
        if export is not None:
            _export(desk, client, export, filters, limit)
            return
        found = client.audit.list(**filters, limit=limit or _SHOWN)
    if as_json:
        desk.json(found)
    elif found["entries"]:
        _print(desk, found)
    else:
        desk.notice("Nothing matches." if any(filters.values()) else "Nobody changed anything yet.")


def _export(desk: Desk, client: Client, form: ExportFormat, filters: AuditFilters, limit: int | None) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in client.audit.export(form, limit=limit, **filters):
        desk.out.write(decoder.decode(chunk))
    desk.out.flush()


def _print(desk: Desk, found: AuditPage) -> None:
    entries = found["entries"]
    print_rows(desk, _COLUMNS, (_row(desk, entry) for entry in entries))
    if len(entries) < found["count"]:
        desk.notice(f"The newest {len(entries)} of {found['count']}. See more with --limit.")


def _row(desk: Desk, entry: AuditEntry) -> tuple[str, ...]:
    return (
        ago(entry["timestamp"], desk.clock.now()),
        plain(entry["username"] or "the depot"),
        plain(entry["identified_by"]),
        plain(entry["ip_address"]),
        plain(entry["action"]),
        plain(entry["subject"]),
        _change(entry["before"] or {}, entry["after"] or {}),
    )


def _change(before: dict[str, Any], after: dict[str, Any]) -> str:
    """``pinned: false → true``, of everything that differs."""
    changed = [_one(name, before, after) for name in {**before, **after}]
    return short(", ".join(changed), 100) if changed else NOTHING


def _one(name: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    sides = [_said(side[name]) for side in (before, after) if name in side]
    return f"{name}: {' → '.join(sides)}"


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
