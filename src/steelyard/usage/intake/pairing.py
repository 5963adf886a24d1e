"""Starts and ends of one request, told apart and brought together. Pure.

A start is no request by itself. Its end counts, and knows from the start what its reporter did not say again: who,
which model, how long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from steelyard.usage.intake.checking import Line
from steelyard.usage.keys import at_ms_of
from steelyard.usage.rows import Row

_FROM_START = ("model", "address", "agent", "session")


@dataclass(frozen=True, slots=True)
class Pairs:
    """The requests of some lines, with the key of the first start and of the first end of each."""

    starts: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Sequence[Line], rows: Sequence[Row]) -> "Pairs":
        """Those of a slice of a batch."""
        pairs = cls()
        for line, row in zip(lines, rows, strict=True):
            request = row.request
            if request is not None and line.is_start:
                pairs.starts.setdefault(request, row.id)
            elif request is not None and line.is_end:
                pairs.ends.setdefault(request, row.id)
        return pairs


def completed(lines: Sequence[Line], rows: Sequence[Row], ends: Mapping[int, Row | None]) -> list[Row]:
    """The rows that count, ends among them with what their starts knew.

    ``ends``: by their keys those which are the first of their requests, with their starts where these are known. All
    others are left out.
    """
    found: list[Row] = []
    for line, row in zip(lines, rows, strict=True):
        if not line.is_end:
            found.append(row)
        elif row.id in ends:
            start = ends[row.id]
            found.append(row if start is None else _completed(line, row, start))
    return found


def _completed(line: Line, row: Row, start: Row) -> Row:
    missing = {name: getattr(start, name) for name in _FROM_START if getattr(row, name) is None}
    if line.event.username is None and start.principal is not None:
        missing["principal"] = start.principal
    took_ms = at_ms_of(row.id) - at_ms_of(start.id)
    if row.duration_us is None and took_ms >= 0:
        missing["duration_us"] = took_ms * 1000
    if row.parameter_word is None and row.parameters is None:
        missing |= {"parameter_word": start.parameter_word, "parameters": start.parameters}
    return row._replace(**missing)
