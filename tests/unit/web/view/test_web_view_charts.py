"""Charts: what they draw is what the numbers are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.web.view.charts import HEIGHT, LEVELS, WIDTH, bar_chart, level, line_chart, share

COUNTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=400)


@given(COUNTS)
def test_bars_stand_inside_their_chart_beside_each_other(counts: list[int]) -> None:
    chart = bar_chart([(str(number), count, count // 3, "") for number, count in enumerate(counts)])
    if not any(counts):
        assert chart is None
        return
    assert chart is not None
    assert len(chart.bars) == len(counts)
    for bar, count in zip(chart.bars, counts, strict=True):
        assert bar.y + bar.height == pytest.approx(HEIGHT, abs=0.11)
        assert (bar.height > 0) == (count > 0)
        assert 0 <= bar.bad <= bar.height <= HEIGHT
        assert bar.x + bar.width <= WIDTH + 0.2
    assert max(bar.height for bar in chart.bars) == HEIGHT


def test_a_bar_chart_names_its_ends_and_its_top() -> None:
    chart = bar_chart([("1 Mar", 3, 0, "a"), ("2 Mar", 1500, 750, "b")])
    assert chart is not None
    assert (chart.first, chart.last, chart.most) == ("1 Mar", "2 Mar", "1,500")
    assert chart.bars[1].bad == HEIGHT / 2


def test_a_line_leaves_out_what_nobody_knows() -> None:
    chart = line_chart([("a", None), ("b", 50), ("c", 100)], "100 B")
    assert chart is not None
    assert chart.points == "500.0,50.0 1000.0,0.0"
    assert chart.area == "500.0,100 500.0,50.0 1000.0,0.0 1000.0,100"
    assert line_chart([("a", None), ("b", 5)], "") is None
    assert line_chart([("a", 0), ("b", 0)], "") is None


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_only_nothing_has_no_shade(value: int, more: int) -> None:
    most = value + more
    shade = level(value, most)
    assert (shade == 0) == (value == 0)
    assert 0 <= shade <= LEVELS
    assert level(most, most) == (LEVELS if most else 0)


def test_a_small_share_can_still_be_seen() -> None:
    assert share(1, 10**6) > 0
    assert share(0, 10) == 0.0
    assert share(10, 10) == WIDTH
    assert share(0, 0) == 0.0
