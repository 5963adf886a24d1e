"""What a table gives up so that its important columns stay on a narrow terminal. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.cli.tables import Column

_GAP = 2  # letters between two columns, as the table is drawn
_LEAST_WHOLE = 40  # letters: a usual name stays on one line, a longer one is folded
_LEAST_NAME = 16
_LEAST_CLIPPED = 20


@dataclass(frozen=True, slots=True)
class Fitted:
    """A table that fits, as far as that is possible; ``widths`` are in letters, one for each column."""

    columns: list[Column]
    rows: list[list[str]]
    widths: list[int]


def fit(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Fitted:
    """Until all stand within ``width`` letters: shorten ids, drop what is spare, last first, fold and clip the long."""
    kept, listed = list(columns), [list(row) for row in rows]
    if _total(_natural(kept, listed)) > width:
        listed = [[_tail(column, cell) for column, cell in zip(kept, row, strict=True)] for row in listed]
    while _total(_least(kept, listed, _LEAST_WHOLE)) > width and any(column.spare for column in kept):
        index = max(index for index, column in enumerate(kept) if column.spare)
        kept.pop(index)
        listed = [row[:index] + row[index + 1 :] for row in listed]
    return Fitted(kept, listed, _widths(kept, listed, width))


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    natural, widths = _natural(columns, rows), _least(columns, rows, _LEAST_WHOLE)
    if _total(widths) > width:
        widths = _least(columns, rows, _LEAST_NAME)
    room = width - _total(widths)
    for index, wanted in enumerate(natural):  # the first column gets first what is left over
        given = max(0, min(room, wanted - widths[index]))
        widths[index] += given
        room -= given
    return widths


def _natural(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(column.title), *(len(row[index]) for row in rows), 0) for index, column in enumerate(columns)]


def _least(columns: Sequence[Column], rows: Sequence[Sequence[str]], whole: int) -> list[int]:
    return [min(wanted, _floor(column, whole)) for column, wanted in zip(columns, _natural(columns, rows), strict=True)]


def _floor(column: Column, whole: int) -> int:
    if column.clip:
        return _LEAST_CLIPPED
    return whole if column.whole else 1_000


def _tail(column: Column, cell: str) -> str:
    return cell[-column.tail :] if column.tail else cell


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * max(0, len(widths) - 1)
