"""The mirror against the hub itself: a real client, files that somebody else is fetching, and many readers at once."""

from pathlib import Path

from bench.figure import Figure
from bench.mirror_crowd import measure as measure_crowd
from bench.mirror_first import measure as measure_first
from bench.mirror_speed import measure as measure_speed
from bench.scale import Scale


def measure(scale: Scale, work: Path) -> list[Figure]:
    """All of it, each part in a folder of its own."""
    figures = []
    for name, part in (("speed", measure_speed), ("first", measure_first), ("crowd", measure_crowd)):
        folder = work / name
        folder.mkdir()
        figures += part(scale, folder)
    return figures
