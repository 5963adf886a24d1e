"""A table on a terminal. Rich knows its width and colours, and respects NO_COLOR."""

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from steelyard.cli.fit import fit
from steelyard.cli.tables import Column


def print_table(
    out: TextIO, columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None
) -> None:
    """Cells are taken as text: brackets in a name are no markup. ``width`` is the terminal's own unless given."""
    console = Console(file=out, highlight=False, width=width)
    fitted = fit(columns, rows, console.width)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column, letters in zip(fitted.columns, fitted.widths, strict=True):
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not column.whole,
            overflow="fold" if column.whole else "ellipsis",
            width=letters,
        )
    for row in fitted.rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
