from pathlib import Path

import pytest

from steelyard.cli.zone import local_zone


@pytest.mark.parametrize(
    ("said", "zone"),
    [("Asia/Kolkata", "Asia/Kolkata"), (":Europe/Berlin", "Europe/Berlin"), ("UTC", None), ("CET-1CEST", None)],
)
def test_what_the_environment_says(said: str, zone: str | None, tmp_path: Path) -> None:
    assert local_zone({"TZ": said}, tmp_path / "none") == zone


def test_what_the_computer_is_set_to(tmp_path: Path) -> None:
    place = tmp_path / "zoneinfo" / "Asia" / "Kathmandu"
    place.parent.mkdir(parents=True)
    place.touch()
    link = tmp_path / "localtime"
    link.symlink_to(place)
    assert local_zone({}, link) == "Asia/Kathmandu"
    assert local_zone({}, tmp_path / "none") is None
