import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.cli.desk import Desk
from steelyard.cli.rich_table import print_table
from steelyard.cli.tables import Column, plain_table, print_facts, print_rows
from steelyard.client import Client
from steelyard.core.clock import system_clock

COLUMNS = (Column("Model", whole=True), Column("Size", right=True), Column("Status"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_rows_are_aligned_and_never_cut() -> None:
    long = "org/" + "x" * 300

    lines = plain_table(COLUMNS, [("gpt2", "548 MB", "ready"), (long, "1 B", "partial")]).splitlines()

    assert lines[0] == "MODEL" + " " * 299 + "  " + "  SIZE  STATUS"
    assert lines[1].endswith("  548 MB  ready")
    assert lines[2] == f"{long}     1 B  partial"


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws its first example slowly
@given(st.lists(st.tuples(*[st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9)] * 3), max_size=5))
def test_plain_rows_can_be_read_back(rows: list[tuple[str, str, str]]) -> None:
    read = [tuple(line.split()) for line in plain_table(COLUMNS, rows).splitlines()]

    assert read[1:] == rows


def test_the_stream_decides() -> None:
    piped, shown = io.StringIO(), Terminal()
    rows = [("a[bold]b", "1 B", "ready")]

    print_rows(Desk(piped, piped, {}, system_clock, Client), COLUMNS, rows)
    print_rows(Desk(shown, shown, {}, system_clock, Client), COLUMNS, rows)

    assert piped.getvalue() == "MODEL     SIZE  STATUS\na[bold]b   1 B  ready\n"
    assert "Model" in shown.getvalue()
    assert "a[bold]b" in shown.getvalue()


def test_names_are_whole_on_a_terminal() -> None:
    out = Terminal()

    print_table(out, COLUMNS, [("org/" + "x" * 100, "1 B", "ready")])

    assert out.getvalue().count("x") == 100


def test_facts() -> None:
    out = io.StringIO()

    print_facts(Desk(out, out, {}, system_clock, Client), [("Id", "1"), ("Status", "ready"), ("Note", "")])

    assert out.getvalue() == "Id      1\nStatus  ready\nNote\n"
