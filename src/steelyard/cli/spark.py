"""A series as a line of small bars."""

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_NONE = "·"
_FULL = 12  # letters


def sparkline(values: Sequence[float]) -> str:
    """One letter for each value, the greatest the tallest; a dot stands for nothing."""
    most = max(values, default=0)
    return "".join(_BARS[round(value / most * (len(_BARS) - 1))] if value > 0 else _NONE for value in values)


def bar(value: float, most: float) -> str:
    """A share of the greatest as a bar."""
    return "█" * max(1, round(value / most * _FULL)) if value > 0 else ""
