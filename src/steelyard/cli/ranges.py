"""Options of commands that are about a range of time."""

from datetime import UTC, datetime, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from steelyard.cli.desk import Desk
from steelyard.cli.zone import local_zone
from steelyard.client.figures import Range
from steelyard.client.ranges import RangeOptions

Periods = Annotated[Literal["hour", "day", "week", "month"] | None, typer.Option(help="Count by these; days usually.")]
Since = Annotated[str | None, typer.Option(help="From this time on, such as 2026-11-20, in --tz; 30 days ago usually.")]
Until = Annotated[str | None, typer.Option(help="Before this time, in --tz.")]
Zone = Annotated[str | None, typer.Option("--tz", help="A time zone such as Europe/Berlin; this computer's usually.")]


def range_of(
    desk: Desk,
    period: Literal["hour", "day", "week", "month"] | None,
    since: str | None,
    until: str | None,
    tz: str | None,
) -> RangeOptions:
    """What the options say, in the person's time zone."""
    zone = tz or local_zone(desk.environ)
    return RangeOptions(period=period, since=_in_zone(since, zone), until=_in_zone(until, zone), tz=zone)


def _in_zone(said: str | None, zone: str | None) -> datetime | str | None:
    """A time without an offset is one of the clocks there; what is no time goes as it is, for the depot to refuse."""
    try:
        moment = datetime.fromisoformat(said or "")
        return said if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return said


def told(found: Range) -> str:
    """``2026-10-22 00:00 to 2026-11-21 12:15, by day in Europe/Berlin``."""
    since, until = _local(found["since"], found["timezone"]), _local(found["until"], found["timezone"])
    return f"{since} to {until}, by {found['period']} in {found['timezone']}"


def _local(moment: str, zone: str) -> str:
    try:
        place: tzinfo = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):  # the server knows zones that this computer has no table of
        place = UTC
    return f"{datetime.fromisoformat(moment).astimezone(place):%Y-%m-%d %H:%M}"
