"""Times as Ollama writes them: nanoseconds, and durations in Go's form. Pure."""

import math
import re

from steelyard.core.errors import BadRequest

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_WHOLE = re.compile(rf"[+-]?(?:(?:{_PART.pattern})+)")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_LONGEST_TEXT = 64
_PER_MS = 1_000_000
_LONGEST = 10_000_000.0  # seconds; whatever is longer is for ever


class BadDuration(BadRequest):
    """The text is no duration."""

    slug = "bad-duration"
    title = "That is no duration"


def seconds(value: float | str | None) -> float | None:
    """``keep_alive`` in seconds: a number is seconds, a text Go's duration or a number; negative means for ever (inf).

    Raises BadDuration.
    """
    if value is None:
        return None
    found = _read(value) if isinstance(value, str) else float(value)
    if math.isnan(found):
        raise _refuse(value)
    return math.inf if found < 0 or found > _LONGEST else found


def nanoseconds(milliseconds: float | None) -> int:
    """Whole nanoseconds; 0 for what nobody measured."""
    return 0 if milliseconds is None else max(0, round(milliseconds * _PER_MS))


def _read(text: str) -> float:
    if len(text) > _LONGEST_TEXT:
        raise _refuse(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    if not _WHOLE.fullmatch(text):
        raise _refuse(text)
    total = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return -total if text.startswith("-") else total


def _refuse(value: object) -> BadDuration:
    return BadDuration(
        f"{str(value)[:40]!r} is no duration.", hint="Write seconds, or a duration like '10m' or '1h30m'; -1: for ever."
    )
