"""Starts and ends of one request, told apart and brought together. Pure.

A start is no request by itself. Its end counts, and knows from the start what its reporter did not say again: who,
which model, how long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from steelyard.usage.events import USES, EventType
from steelyard.usage.intake.checking import Taken
from steelyard.usage.keys import at_ms_of
from steelyard.usage.rows import Row

_FROM_START = ("model", "address", "agent", "session")


class Told(NamedTuple):
    """What a line says of its request. ``is_start``: its end will come, so it is no request by itself, as counting has
    it. ``is_end``: it may be the end of something that began. ``names_somebody``: it says who did it."""

    is_start: bool
    is_end: bool
    names_somebody: bool


def told_of(taken: Taken) -> list[Told]:
    """What each line says of its request."""
    said = taken.said
    lines = zip(said["request_id"], taken.types, said["success"], said["username"], strict=True)
    return [_told(request, kind, success, username) for request, kind, success, username in lines]


def _told(request: str | None, kind: str, success: bool | None, username: str | None) -> Told:
    is_start = kind == EventType.GENERATION_STARTED or (kind == EventType.GENERATION_REQUEST and success is None)
    return Told(request is not None and is_start, request is not None and kind in USES, username is not None)


@dataclass(frozen=True, slots=True)
class Pairs:
    """The requests of some lines, with the key of the first start and of the first end of each."""

    starts: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Sequence[Told], rows: Sequence[Row]) -> "Pairs":
        """Those of a slice of a batch."""
        pairs = cls()
        for line, row in zip(told, rows, strict=True):
            request = row.request
            if request is not None and line.is_start:
                pairs.starts.setdefault(request, row.id)
            elif request is not None and line.is_end:
                pairs.ends.setdefault(request, row.id)
        return pairs


def completed(told: Sequence[Told], rows: Sequence[Row], ends: Mapping[int, Row | None]) -> list[Row]:
    """The rows that count, ends among them with what their starts knew.

    ``ends``: by their keys those which are the first of their requests, with their starts where these are known. All
    others are left out.
    """
    found: list[Row] = []
    for line, row in zip(told, rows, strict=True):
        if not line.is_end:
            found.append(row)
        elif row.id in ends:
            start = ends[row.id]
            found.append(row if start is None else _completed(line, row, start))
    return found


def _completed(line: Told, row: Row, start: Row) -> Row:
    missing = {name: getattr(start, name) for name in _FROM_START if getattr(row, name) is None}
    if not line.names_somebody and start.principal is not None:
        missing["principal"] = start.principal
    took_ms = at_ms_of(row.id) - at_ms_of(start.id)
    if row.duration_us is None and took_ms >= 0:
        missing["duration_us"] = took_ms * 1000
    if row.parameter_word is None and row.parameters is None:
        missing |= {"parameter_word": start.parameter_word, "parameters": start.parameters}
    return row._replace(**missing)
