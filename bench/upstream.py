"""The hub that everything is pulled from: made-up repositories in a folder, served by a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steelyard.testing.hub import Blob

LARGE, SMALL, SHELF = "bench/large", "bench/small", "bench/shelf-{:02d}"
SMALL_SIZE = 4096


def write_large(root: Path, count: int, size: int) -> None:
    """A repository of a few large files."""
    for number in range(count):
        _write(root / LARGE / f"model-{number:05d}.safetensors", Blob(size, seed=number))


def write_small(root: Path, count: int) -> None:
    """A repository of many small files, 3 to 5 kB each, as git keeps them."""
    for number in range(count):
        _write(root / SMALL / f"part-{number:03d}.json", Blob(SMALL_SIZE + number % 1000, seed=1000 + number))


def write_shelf(root: Path, count: int) -> list[str]:
    """Small models with one file each; their names."""
    names = [SHELF.format(number) for number in range(count)]
    for number, name in enumerate(names):
        _write(root / name / "model.safetensors", Blob(10_000, seed=5000 + number))
    return names


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """The address of a hub that serves the folder."""
    with subprocess.Popen(
        [sys.executable, "-m", "steelyard.testing.hub", "--root", str(root)], stdout=subprocess.PIPE, text=True
    ) as hub:
        assert hub.stdout is not None
        try:
            yield hub.stdout.readline().split()[-1]
        finally:
            hub.terminate()


def _write(path: Path, content: Blob) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(content.chunks())
