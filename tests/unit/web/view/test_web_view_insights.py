"""Numbers of statistics as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from steelyard.testing.insights import fake_insights
from steelyard.web.insights_query import InsightsQuery, read_insights_query
from steelyard.web.query import InvalidPage
from steelyard.web.view.insights import cost, duration, growth, matrix, percent, usage


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(None, "–"), (0.4, "0 ms"), (412.0, "412 ms"), (3100.0, "3.1 s"), (150_000.0, "2.5 min")]
)
def test_durations(milliseconds: float | None, text: str) -> None:
    assert duration(milliseconds) == text


def test_what_was_not_measured_is_a_dash_and_no_perfect_rate() -> None:
    assert percent(None) == "–"
    figures = {figure.label: figure for figure in usage(fake_insights().system).figures}
    assert figures["Went well"].value == "–"
    assert figures["Half within"].value == "–"
    assert figures["Uses"].note == "0.0 a day, too few days to tell"


def test_days_are_those_of_the_zone() -> None:
    """In New York the day that begins at 05:00 UTC is that day; in UTC+13 the day before has the same name."""
    answer = dict(fake_insights(uses=3).system)
    point = {**answer["series"][0], "uses": 3, "start": "2026-02-10T11:00:00.000Z"}
    answer |= {"series": [point], "timezone": "Pacific/Auckland"}
    assert usage(answer).rows[0].name == "11 Feb"


def test_the_busiest_hour_is_named_and_a_depot_without_use_has_none() -> None:
    assert usage(fake_insights(uses=3).system).busiest == "Thursday at 09:00"
    empty = usage(fake_insights().system)
    assert (empty.busiest, empty.chart, empty.heat, empty.rows) == (None, None, (), ())


def test_the_matrix_has_a_cell_for_each_pair() -> None:
    shown = matrix(fake_insights(uses=3, models=2).matrix)
    assert shown.models == ("org/model-0", "org/model-1")
    assert [cell.label for cell in shown.rows[0].cells] == ["ines, org/model-0: 3 uses", "ines, org/model-1: 3 uses"]


def test_growth_and_cost() -> None:
    shown = growth(fake_insights(uses=3).growth)
    assert (shown.now, shown.line is not None, len(shown.rows)) == ("3.0 GB", True, 30)
    assert growth(fake_insights().growth).line is None
    assert cost(fake_insights().costs) is None
    bill = cost(fake_insights(uses=3).costs)
    assert bill is not None
    assert (bill.value, bill.note) == ("5.00 EUR", "5.00 for 2.0 GPU hours, 0.00 for storage")


def test_a_range_begins_at_a_midnight_of_the_zone() -> None:
    local = datetime(2026, 3, 31, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))  # the clock was changed on 29 March
    since = InsightsQuery(days=7, tz="Europe/Berlin").since(local)
    assert since.astimezone(UTC) == datetime(2026, 3, 24, 23, tzinfo=UTC)


def test_the_address_of_a_page() -> None:
    assert read_insights_query({}).address == ""
    query = read_insights_query({"days": "365", "tz": "Asia/Kolkata"})
    assert (query.address, query.period) == ("?days=365&tz=Asia%2FKolkata", "week")
    with pytest.raises(InvalidPage):
        read_insights_query({"days": "31"})
