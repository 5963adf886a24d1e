import io

from hypothesis import given
from hypothesis import strategies as st

from steelyard.cli.fit import fit
from steelyard.cli.rich_table import print_table
from steelyard.cli.tables import Column

COLUMNS = (
    Column("Id", tail=4),
    Column("Model", whole=True),
    Column("Status"),
    Column("Size", right=True, spare=True),
    Column("When", spare=True),
    Column("Error", clip=True),
)
ROW = ("0123456789", "org/name", "failed", "548 MB", "3 min ago", "e" * 60)


def titles(width: int) -> list[str]:
    return [column.title for column in fit(COLUMNS, [ROW], width).columns]


def test_a_wide_terminal_loses_nothing() -> None:
    fitted = fit(COLUMNS, [ROW], 200)

    assert fitted.rows == [list(ROW)]
    assert fitted.widths == [len(cell) for cell in ROW]


def test_ids_go_first_then_what_is_spare_from_the_right() -> None:
    assert fit(COLUMNS, [ROW], 90).rows[0][0] == "6789"
    assert titles(90) == ["Id", "Model", "Status", "Size", "When", "Error"]
    assert titles(60) == ["Id", "Model", "Status", "Size", "Error"]
    assert titles(50) == ["Id", "Model", "Status", "Error"]


def test_the_error_gets_what_is_left() -> None:
    assert fit(COLUMNS, [ROW], 90).widths[-1] == 90 - (4 + 8 + 6 + 6 + 9 + 5 * 2)


def test_a_long_name_is_folded_and_the_others_stay_whole() -> None:
    out = io.StringIO()
    row = ("0123456789", "org/" + "x" * 90, "running", "1 B", "now", "–")

    print_table(out, COLUMNS, [row], width=60)

    assert out.getvalue().count("x") == 90
    assert {"6789", "running"} <= set(out.getvalue().split())
    assert max(len(line) for line in out.getvalue().splitlines()) <= 60


def test_no_rows() -> None:
    assert fit(COLUMNS, [], 80).rows == []


@given(st.lists(st.tuples(*[st.text(st.characters(categories=["L", "N"]), max_size=50)] * 6), max_size=4))
def test_it_fits_a_usual_terminal_unless_short_cells_are_long(rows: list[tuple[str, ...]]) -> None:
    short = [(row[0], row[1], row[2][:20], row[3], row[4], row[5]) for row in rows]

    fitted = fit(COLUMNS, short, 80)

    assert sum(fitted.widths) + 2 * (len(fitted.widths) - 1) <= 80
