"""``steelyard stats``: totals and what happened lately, or how one model, person or address does."""

from typing import Annotated

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.figures import print_detail
from steelyard.cli.names import model_names
from steelyard.cli.options import AsJson
from steelyard.cli.ranges import Periods, Since, Until, Zone, range_of
from steelyard.cli.tables import Column, print_facts, print_rows
from steelyard.cli.words import ago, plain, size
from steelyard.client import Client
from steelyard.client.figures import Detail
from steelyard.client.ranges import RangeOptions
from steelyard.client.shapes import Activity, Stats

_COLUMNS = (Column("When"), Column("Action"), Column("Model", whole=True), Column("Who"), Column("From", spare=True))


def stats(
    context: typer.Context,
    model: Annotated[str | None, typer.Argument(help="Only this model.", autocompletion=model_names)] = None,
    user: Annotated[str | None, typer.Option(help="Only this person.")] = None,
    ip: Annotated[str | None, typer.Option(help="Only this address.")] = None,
    period: Periods = None,
    since: Since = None,
    until: Until = None,
    tz: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Show totals and the last 10 actions; with a model, a person, an address or a range, the numbers of that."""
    if sum(one is not None for one in (model, user, ip)) > 1:
        raise typer.BadParameter("say a model, --user or --ip, one of them")
    desk = desk_of(context)
    named = any(one is not None for one in (model, user, ip, period, since, until, tz))
    with desk.client() as client:
        options = range_of(desk, period, since, until, tz)
        found = _asked(client, model, user, ip, options) if named else None
        totals = None if named else client.system.stats()
    if as_json:
        desk.json(found or totals)
    elif found is not None:
        what = "Model" if model else "User" if user else "Address"
        print_detail(desk, what, model or user or ip, found)
    elif totals is not None:
        _print_totals(desk, totals)


def _asked(client: Client, model: str | None, user: str | None, ip: str | None, options: RangeOptions) -> Detail:
    if model is not None:
        return client.statistics.model(model, **options)
    if user is not None:
        return client.statistics.user(user, **options)
    return client.statistics.address(ip, **options) if ip is not None else client.statistics.system(**options)


def _print_totals(desk: Desk, found: Stats) -> None:
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
