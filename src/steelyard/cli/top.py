"""``steelyard top``: what is used most, and by whom."""

from typing import Annotated, Any, Literal

import typer

from steelyard.cli.desk import Desk, desk_of
from steelyard.cli.options import AsJson, Limit
from steelyard.cli.ranges import Periods, Since, Until, Zone, range_of, told
from steelyard.cli.spark import bar
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import plain, size
from steelyard.client import Client
from steelyard.client.figures import Share, TopModels, TopUsers
from steelyard.client.ranges import RangeOptions, TopOrder

_COUNTS = (
    Column("Uses", right=True),
    Column("Requests", right=True),
    Column("Failed", right=True, spare=True),
    Column("Tokens", right=True, spare=True),
    Column("Sent", right=True, spare=True),
    Column("Share", spare=True),
)
_VALUES = {"uses": "uses", "requests": "requests", "bytes": "bytes_out", "tokens": "tokens"}


def top(
    context: typer.Context,
    what: Annotated[Literal["models", "users"], typer.Argument(help="models or users.")] = "models",
    sort: Annotated[Literal["uses", "requests", "bytes", "tokens"], typer.Option(help="By what.")] = "uses",
    limit: Limit = 10,
    period: Periods = None,
    since: Since = None,
    until: Until = None,
    tz: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Show which models are used most, or by whom; of the last 30 days unless said otherwise."""
    desk = desk_of(context)
    options = range_of(desk, period, since, until, tz)
    with desk.client() as client:
        found = _asked(client, what, sort, limit, options)
    if as_json:
        desk.json(found)
        return
    _print(desk, what, sort, found)


def _asked(client: Client, what: str, sort: TopOrder, limit: int, options: RangeOptions) -> TopModels | TopUsers:
    if what == "users":
        return client.statistics.users(sort=sort, limit=limit, **options)
    return client.statistics.models(sort=sort, limit=limit, **options)


def _print(desk: Desk, what: str, sort: str, found: TopModels | TopUsers) -> None:
    shares = _named(found)
    if not shares:
        desk.notice("Nothing was used in that time.")
        return
    most = max(_value(share, sort) for _, share in shares)
    title = Column("User" if what == "users" else "Model", whole=True)
    print_rows(desk, (title, *_COUNTS), [_row(name, share, _value(share, sort), most) for name, share in shares])
    desk.notice(f"{plain(told(found))}; {len(shares)} of {found['count']}.")


def _named(found: TopModels | TopUsers) -> list[tuple[str, Share]]:
    said = dict(found)
    shares: Any = said.get("models") or said.get("users") or []
    return [(share.get("model") or share["username"], share) for share in shares]


def _value(share: Share, sort: str) -> int:
    value: int = share[_VALUES[sort]]  # type: ignore[literal-required]
    return value


def _row(name: str, share: Share, value: int, most: int) -> tuple[str, ...]:
    counts = (share["uses"], share["requests"], share["failures"], share["tokens"])
    return (plain(name), *(f"{count:,}" for count in counts), size(share["bytes_out"]), bar(value, most))
