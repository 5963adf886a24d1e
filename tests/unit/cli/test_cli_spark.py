from steelyard.cli.spark import bar, sparkline


def test_a_series() -> None:
    assert sparkline([0, 1, 4, 8]) == "·▂▅█"
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "··"


def test_a_share() -> None:
    assert [len(bar(value, 100)) for value in (0, 1, 50, 100)] == [0, 1, 6, 12]
