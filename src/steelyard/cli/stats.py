"""``steelyard stats``: totals, and what happened lately."""

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson
from steelyard.cli.tables import Column, print_facts, print_rows
from steelyard.cli.words import ago, plain, size
from steelyard.client.shapes import Activity

_COLUMNS = (Column("When"), Column("Action"), Column("Model", whole=True), Column("Who"), Column("From", spare=True))


def stats(context: typer.Context, as_json: AsJson = False) -> None:
    """Show totals and the last 10 actions."""
    desk = desk_of(context)
    with desk.client() as client:
        found = client.system.stats()
    if as_json:
        desk.json(found)
        return
    print_facts(
        desk,
        [
            ("Models", f"{found['total_models']:,}"),
            ("Size on disk", size(found["total_size_bytes"])),
            ("Downloads", f"{found['total_downloads']:,}"),
            ("Requests", f"{found['total_requests']:,}"),
            ("Users", f"{found['unique_users']:,}"),
        ],
    )
    if found["recent_activity"]:
        desk.print("")
        print_rows(desk, _COLUMNS, (_row(desk, action) for action in found["recent_activity"]))


def _row(desk: Desk, action: Activity) -> tuple[str, ...]:
    return (
        ago(action["timestamp"], desk.clock.now()),
        plain(action["action"]),
        plain(action.get("model")),
        plain(action.get("username")),
        plain(action.get("ip_address")),
    )
