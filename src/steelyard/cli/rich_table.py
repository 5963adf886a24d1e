"""A table on a terminal. Rich knows its width and colours, and respects NO_COLOR."""

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from steelyard.cli.tables import Column

_WHOLE = 40  # letters: an id or a usual name stays on one line however narrow the terminal is


def print_table(out: TextIO, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Cells are taken as text: brackets in a name are no markup."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        longest = max((len(row[index]) for row in rows), default=0)
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=column.right,
            overflow="fold" if column.whole else "ellipsis",
            min_width=min(longest, _WHOLE) if column.whole else None,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(file=out, highlight=False).print(table)
