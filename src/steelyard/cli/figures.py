"""Statistics of a model, a person, an address or the depot, for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from steelyard.cli.desk import Desk
from steelyard.cli.ranges import told
from steelyard.cli.spark import sparkline
from steelyard.cli.tables import Column, print_facts, print_rows
from steelyard.cli.words import NOTHING, percent, plain, size
from steelyard.client.figures import Detail, ModelShare, UserShare

_COUNTS = (Column("Uses", right=True), Column("Requests", right=True), Column("Failed", right=True))
_SHOWN = 5


def print_detail(desk: Desk, what: str, name: str | None, found: Detail) -> None:
    """Facts, the series as small bars, and who or what stands behind them."""
    named = [(what, plain(name)), ("Ever", _ever(found))] if name else []
    facts = [*named, ("Range", plain(told(found))), *_facts(found)]
    print_facts(desk, [(title, value) for title, value in facts if value != NOTHING])
    if found.get("users"):
        _print_shares(desk, "User", [(share["username"], share) for share in found["users"]])
    if found.get("models"):
        _print_shares(desk, "Model", [(share["model"], share) for share in found["models"]])


def milliseconds(value: float | None) -> str:
    """``412 ms``, or seconds from ten of them on."""
    if value is None:
        return NOTHING
    return f"{value:,.0f} ms" if value < 10_000 else f"{value / 1000:,.1f} s"


def _facts(found: Detail) -> list[tuple[str, str]]:
    return [
        ("Uses", _uses(found)),
        ("Requests", f"{found['requests']:,} ({found['failures']:,} failed)"),
        ("Success", _success(found)),
        ("Answer takes", _times(found["average_response_time_ms"], found["p50_ms"], found["p95_ms"], found["p99_ms"])),
        ("First token", _first_token(found)),
        ("Tokens", _both(f"{found['tokens_in']:,}", f"{found['tokens_out']:,}")),
        ("Bytes", _both(size(found["bytes_in"]), size(found["bytes_out"]))),
        ("Users", f"{found['unique_users']:,}" if found["unique_users"] else NOTHING),
        ("GPU", f"{found['gpu_hours']:,.1f} h" if found.get("gpu_hours") else NOTHING),
        ("Busiest hours", plain(", ".join(f"{hour}:00" for hour in found["peak_hours"]))),
        ("Parameters", plain("; ".join(_usual(found)))),
        ("Errors", plain(", ".join(_most(found["errors"])))),
        ("Programs", plain(", ".join(_most(found["agents"])))),
        (f"By {found['period']}", sparkline([point["uses"] for point in found["series"]]) or NOTHING),
    ]


def _ever(found: Mapping[str, Any]) -> str:
    """A model's whole life; nobody else's is told."""
    if found.get("total_requests") is None:
        return NOTHING
    return f"{found['total_requests']:,} requests, {found['download_count']:,} downloads"


def _uses(found: Detail) -> str:
    # Of a model the depot's own number is that of its whole life, unless it was asked for a range.
    uses = f"{sum(point['uses'] for point in found['series']):,}"
    frequency, trend = found["uses_per_day"], found["trend"]
    said = [*([f"{_rate(frequency)} a day"] if frequency else []), *([trend] if trend else [])]
    return f"{uses} ({', '.join(said)})" if said else uses


def _rate(frequency: float) -> str:
    return f"{frequency:,.0f}" if frequency >= 10 else f"{frequency:.2g}"


def _success(found: Detail) -> str:
    if found["success_rate"] is None:
        return NOTHING
    interval = found["success_interval"]
    between = f" ({percent(interval[0])} to {percent(interval[1])} with 95 % confidence)" if interval else ""
    return f"{percent(found['success_rate'])}{between}"


def _times(*values: float | None) -> str:
    words = ("average", "median", "95 % below", "99 % below")
    return (
        ", ".join(f"{word} {milliseconds(value)}" for word, value in zip(words, values, strict=True) if value)
        or NOTHING
    )


def _both(received: str, sent: str) -> str:
    return NOTHING if {received, sent} <= {"0", size(0)} else f"{received} in, {sent} out"


def _first_token(found: Detail) -> str:
    quantiles = (found["first_token_p50_ms"], found["first_token_p95_ms"], found["first_token_p99_ms"])
    return _times(found["average_first_token_ms"], *quantiles)


def _usual(found: Detail) -> Iterator[str]:
    for name, values in found["common_parameters"].items():
        counted = [f"{usual['value']} ({usual['uses']:,})" for usual in values[:_SHOWN]]
        yield f"{name} {', '.join(counted)}"


def _most(counts: Mapping[str, int]) -> list[str]:
    most = sorted(counts.items(), key=lambda item: -item[1])[:_SHOWN]
    return [f"{name} ({count:,})" for name, count in most]


def _print_shares(desk: Desk, title: str, shares: list[tuple[str, ModelShare | UserShare]]) -> None:
    desk.print("")
    rows = [
        (plain(name), f"{share['uses']:,}", f"{share['requests']:,}", f"{share['failures']:,}")
        for name, share in shares[:_SHOWN]
    ]
    print_rows(desk, (Column(title, whole=True), *_COUNTS), rows)
