"""The depot's use in charts and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from steelyard.core.units import format_size
from steelyard.web.view.charts import BarChart, Cell, Line, bar_chart, level, line_chart, share
from steelyard.web.words import count, counted

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TOPS = 10
_SECOND = 1000.0  # milliseconds
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name and what is to be said beside it."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """One period in the table behind a chart."""

    name: str
    uses: str
    requests: str
    failures: str
    average: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One weekday."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TopRow:
    """A model or a person; ``width`` is that of its bar."""

    name: str
    uses: str
    beside: str
    width: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What a range comes to: of the depot, of a model, of a person."""

    figures: tuple[Figure, ...]
    chart: BarChart | None
    rows: tuple[DayRow, ...]
    heat: tuple[HeatRow, ...]
    busiest: str | None
    models: tuple[TopRow, ...]
    people: tuple[TopRow, ...]
    errors: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, str], ...]
    zone: str


@dataclass(frozen=True, slots=True)
class MatrixView:
    """Who used what."""

    models: tuple[str, ...]
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True, slots=True)
class GrowthView:
    """How the store grew: ``now`` is what it holds, ``added`` what came in the range."""

    line: Line | None
    now: str
    added: str
    rows: tuple[tuple[str, str], ...]


def usage(answer: Json) -> Usage:
    """Statistics of any subject, as the API answers them."""
    pattern, place = answer["pattern"], ZoneInfo(answer["timezone"])
    return Usage(
        figures=_figures(answer),
        chart=bar_chart([_point(one, place) for one in answer["series"]]),
        rows=tuple(_row(one, place) for one in reversed(answer["series"]) if one["requests"] or one["uses"]),
        heat=_heat(pattern) if any(map(any, pattern)) else (),
        busiest=_busiest(pattern),
        models=_tops(answer.get("models") or [], "model"),
        people=_tops(answer.get("users") or [], "username"),
        errors=tuple((name, count(number)) for name, number in list(answer["errors"].items())[:_TOPS]),
        parameters=tuple(_parameter(name, values) for name, values in answer["common_parameters"].items()),
        zone=answer["timezone"],
    )


def matrix(answer: Json) -> MatrixView:
    """Who used what, with a shade for each number."""
    most = max((number for row in answer["uses"] for number in row), default=0)
    rows = [
        HeatRow(name, tuple(
            Cell(count(number) if number else "", f"{name}, {model}: {counted(number, 'use')}", level(number, most))
            for model, number in zip(answer["models"], row, strict=True)
        ))
        for name, row in zip(answer["users"], answer["uses"], strict=True)
    ]  # fmt: skip
    return MatrixView(tuple(answer["models"]), tuple(rows))


def growth(answer: Json) -> GrowthView:
    """The size of the store over time."""
    series, place = answer["series"], ZoneInfo(answer["timezone"])
    points = [(_day(one["start"], place), one["size_bytes"]) for one in series]
    added = sum(one["added_bytes"] or 0 for one in series)
    known = [(name, format_size(size)) for name, size in reversed(points) if size is not None]
    top = max((size for _, size in points if size is not None), default=0)
    line, held = line_chart(points, format_size(top)), answer["size_bytes"]
    return GrowthView(line, format_size(held), format_size(max(0, added)), tuple(known))


def cost(answer: Json) -> Figure | None:
    """What it all cost; None without prices."""
    if not answer["price_per_gpu_hour"] and not answer["price_per_gb_month"]:
        return None
    gpu, storage = answer["gpu_cost"], answer["storage_cost"]
    note = f"{gpu:,.2f} for {answer['gpu_hours']:,.1f} GPU hours, {storage:,.2f} for storage"
    return Figure("Cost", f"{answer['cost']:,.2f} {answer['currency']}", note)


def duration(milliseconds: float | None) -> str:
    """``412 ms``, ``3.1 s``, ``2.4 min``; a dash where nothing was measured."""
    if milliseconds is None:
        return "–"
    if milliseconds < _SECOND:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / _SECOND
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def percent(rate: float | None) -> str:
    """``98.4 %``; a dash where nothing was measured."""
    return "–" if rate is None else f"{100 * rate:.1f} %"


def _figures(answer: Json) -> tuple[Figure, ...]:
    low_high, tokens = answer["success_interval"], answer["tokens_in"] + answer["tokens_out"]
    between = f"between {percent(low_high[0])} and {percent(low_high[1])}" if low_high else "nothing was used"
    trend = answer["trend"] or "too few days to tell"
    return (
        Figure("Uses", count(answer["uses"]), f"{answer['uses_per_day'] or 0:,.1f} a day, {trend}"),
        Figure("People", count(answer["unique_users"]), counted(answer["requests"], "request")),
        Figure("Went well", percent(answer["success_rate"]), between),
        Figure("Half within", duration(answer["p50_ms"]),
               f"95 % within {duration(answer['p95_ms'])}, 99 % within {duration(answer['p99_ms'])}"),
        Figure("First token", duration(answer["first_token_p50_ms"]),
               f"95 % within {duration(answer['first_token_p95_ms'])}"),
        Figure("Tokens", _short(tokens), f"{_short(answer['tokens_in'])} in, {_short(answer['tokens_out'])} out"),
    )  # fmt: skip


def _point(one: Json, place: ZoneInfo) -> tuple[str, int, int, str]:
    name, uses = _day(one["start"], place), one["uses"]
    rate = one["success_rate"]
    bad = 0 if rate is None else round(uses * (1 - rate))
    return name, uses, bad, f"{name}: {counted(uses, 'use')}{f', {bad} of them failed' if bad else ''}"


def _row(one: Json, place: ZoneInfo) -> DayRow:
    return DayRow(
        _day(one["start"], place), count(one["uses"]), count(one["requests"]), count(one["failures"]),
        duration(one["average_response_time_ms"]),
    )  # fmt: skip


def _heat(pattern: Sequence[Sequence[int]]) -> tuple[HeatRow, ...]:
    most = max(map(max, pattern))
    return tuple(
        HeatRow(name, tuple(
            Cell(count(number), f"{name}, {hour:02d}:00: {counted(number, 'use')}", level(number, most))
            for hour, number in enumerate(row)
        ))
        for name, row in zip(WEEKDAYS, pattern, strict=True)
    )  # fmt: skip


def _busiest(pattern: Sequence[Sequence[int]]) -> str | None:
    found = max((number, -day, -hour) for day, row in enumerate(pattern) for hour, number in enumerate(row))
    return f"{WEEKDAYS[-found[1]]} at {-found[2]:02d}:00" if found[0] else None


def _tops(shares: Sequence[Json], field: str) -> tuple[TopRow, ...]:
    most = max((one["uses"] for one in shares), default=0)
    return tuple(
        TopRow(one[field], count(one["uses"]), f"{_short(one['tokens'])} tokens, {format_size(one['bytes_out'])}",
               share(one["uses"], most))
        for one in shares[:_TOPS] if one["uses"] or one["requests"]
    )  # fmt: skip


def _parameter(name: str, values: Sequence[Json]) -> tuple[str, str]:
    return name, ", ".join(f"{one['value']} ({count(one['uses'])})" for one in values[:4])


def _day(text: str, place: ZoneInfo) -> str:
    """The start of a period as people there read it; in UTC it may be on the day before."""
    found = datetime.fromisoformat(text).astimezone(place)
    return f"{found.day} {found:%b}"


def _short(number: int) -> str:
    for unit, size in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return str(number)
