"""Rows for people: through Rich on a terminal, plain aligned text elsewhere, where nothing is cut or wrapped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steelyard.cli.desk import Desk
from steelyard.cli.lazy import load

_RICH = "steelyard.cli.rich_table:print_table"  # 50 ms of imports, paid on a terminal only


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and what may happen to its cells on a narrow terminal; elsewhere all of them are whole.

    ``right`` aligns numbers. ``whole`` folds what does not fit, and loses no letter of it; ``clip`` cuts it. ``tail``
    keeps that many letters at the end, ``spare`` drops the column.
    """

    title: str
    right: bool = False
    whole: bool = False
    clip: bool = False
    tail: int = 0
    spare: bool = False


def print_rows(desk: Desk, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """A table with headings."""
    listed = list(rows)
    if desk.out.isatty():
        load(_RICH)(desk.out, columns, listed)
    else:
        desk.print(plain_table(columns, listed))


def print_facts(desk: Desk, facts: Sequence[tuple[str, str]]) -> None:
    """Names and values, one to a line."""
    width = max(len(name) for name, _ in facts)
    desk.print("\n".join(f"{name.ljust(width)}  {value}".rstrip() for name, value in facts))


def plain_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """Aligned text, two spaces between columns, no line wrapped and no cell cut."""
    lines = [[column.title.upper() for column in columns], *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    return "\n".join(_line(columns, widths, line) for line in lines)


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    aligned = (
        cell.rjust(width) if column.right else cell.ljust(width)
        for column, width, cell in zip(columns, widths, cells, strict=True)
    )
    return "  ".join(aligned).rstrip()
