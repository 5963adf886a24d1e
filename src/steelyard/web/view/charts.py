"""Charts as numbers for SVG and for tables: where bars and lines stand, and what they say. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.web.words import count

WIDTH, HEIGHT = 1000, 100  # units of a chart; pages stretch it
LEVELS = 8  # shades of a heat map
_GAP = 0.2  # of a bar's place
_LEAST = 1.5  # units: something is never drawn as nothing


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in units of its chart; ``bad`` is the height of the part of it that failed. ``y`` counts from above."""

    label: str
    x: float
    y: float
    width: float
    height: float
    bad: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars beside each other; ``most`` is the value at the top, ``first`` and ``last`` name the ends."""

    bars: tuple[Bar, ...]
    most: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line over time with the area below it, as the ``points`` of SVG polygons."""

    points: str
    area: str
    most: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a heat map: ``level`` 0 is nothing, ``LEVELS`` the most there is."""

    text: str
    label: str
    level: int


def bar_chart(points: Sequence[tuple[str, int, int, str]]) -> BarChart | None:
    """Bars of (name, value, how much of it is bad, label); None where all are nothing."""
    top = max((value for _, value, _, _ in points), default=0)
    if not top:
        return None
    place = WIDTH / len(points)
    return BarChart(
        tuple(_bar(number * place, place, top, *one[1:]) for number, one in enumerate(points)),
        count(top), points[0][0], points[-1][0],
    )  # fmt: skip


def line_chart(points: Sequence[tuple[str, int | None]], most: str) -> Line | None:
    """A line through (name, value); values that nobody knows are left out. None for less than two of them."""
    known = [(number, value) for number, (_, value) in enumerate(points) if value is not None]
    top = max((value for _, value in known), default=0)
    if len(known) < 2 or not top:
        return None
    step = WIDTH / (len(points) - 1)
    drawn = [f"{_round(number * step)},{_round(HEIGHT * (1 - value / top))}" for number, value in known]
    start, end = _round(known[0][0] * step), _round(known[-1][0] * step)
    area = " ".join([f"{start},{HEIGHT}", *drawn, f"{end},{HEIGHT}"])
    return Line(" ".join(drawn), area, most, points[0][0], points[-1][0])


def level(value: int, most: int) -> int:
    """The shade of a value; only 0 has none."""
    return 0 if value <= 0 or not most else max(1, -(-value * LEVELS // most))


def share(value: float, most: float) -> float:
    """The width of a bar in a table, in units."""
    return _round(max(_LEAST, WIDTH * value / most)) if value and most else 0.0


def _bar(start: float, place: float, top: int, value: int, bad: int, label: str) -> Bar:
    height = max(_LEAST, HEIGHT * value / top) if value else 0.0
    return Bar(
        label, _round(start + place * _GAP / 2), _round(HEIGHT - height), _round(place * (1 - _GAP)), _round(height),
        _round(height * min(1.0, bad / value)) if value else 0.0,
    )  # fmt: skip


def _round(number: float) -> float:
    return round(number, 1)
