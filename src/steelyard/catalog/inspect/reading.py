"""Opens the files of a revision in the store and reads their heads. Synchronous, for worker threads."""

import logging
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from steelyard.catalog.facts import merged
from steelyard.catalog.inspect.card import LONGEST as LONGEST_CARD
from steelyard.catalog.inspect.card import read_license
from steelyard.catalog.inspect.config import LONGEST as LONGEST_CONFIG
from steelyard.catalog.inspect.config import quantized_by, read_adapter_config, read_config, read_model_index
from steelyard.catalog.inspect.errors import BadHeader
from steelyard.catalog.inspect.gguf import read_gguf
from steelyard.catalog.inspect.readings import Readings
from steelyard.catalog.inspect.safetensors import read_safetensors
from steelyard.catalog.models import File, FileState, Traits
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder

logger = logging.getLogger(__name__)
_MOST_WEIGHTS = 1000  # files of one revision; the most that a known model has are some 200
# A link is not followed, and a pipe that a stranger put there does not hold the thread for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_Reader = Callable[[BinaryIO, int], None]


def read_heads(storage: DiskStorage, folder: RepoFolder, files: Sequence[File]) -> Readings:
    """What the files that are stored say. Quarantined ones are not opened, nor anything that could be a pickle.

    A file that cannot be read right now (a stranger took it away) is left out: finding that is the scan's task.
    """
    readings = Readings()
    left = _MOST_WEIGHTS
    for file in files:
        reader = _reader(file, readings) if file.state is FileState.STORED else None
        if reader is None or (file.path.lower().endswith((".gguf", ".safetensors")) and (left := left - 1) < 0):
            continue
        _read(storage.layout.blob(folder, file.digest), file, reader, readings)
    return readings


def _read(place: Path, file: File, reader: _Reader, readings: Readings) -> None:
    try:
        with _open(place, file.size) as head:
            reader(head, file.size)
    except BadHeader as error:
        readings.problems.append(f"{file.path}: {error}")
    except OSError as error:
        logger.warning("could not read the head of a file: %s", error.strerror, extra={"file": file.path})


def _open(place: Path, size: int) -> BinaryIO:
    """Raises OSError for anything but a regular file of that size."""
    descriptor = os.open(place, _FLAGS)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size != size:
        os.close(descriptor)
        raise OSError(0, "it is not the file that was stored")
    return os.fdopen(descriptor, "rb", buffering=0)


def _reader(file: File, readings: Readings) -> _Reader | None:
    """What reads a file of this name; None for one that tells nothing."""
    name = file.path.lower()
    if name.endswith(".gguf"):
        return lambda head, size: readings.gguf.update({file.path: read_gguf(head, size)})
    if name.endswith(".safetensors"):
        return lambda head, size: readings.safetensors.update({file.path: read_safetensors(head, size)})
    described: dict[str, _Reader] = {
        "config.json": lambda head, _: _take_config(head, readings),
        "model_index.json": lambda head, _: _take(readings, read_model_index(head.read(LONGEST_CONFIG + 1))),
        "adapter_config.json": lambda head, _: _take(readings, read_adapter_config(head.read(LONGEST_CONFIG + 1))),
        "readme.md": lambda head, _: _take_license(head, readings),
    }
    return described.get(name)


def _take_config(head: BinaryIO, readings: Readings) -> None:
    data = head.read(LONGEST_CONFIG + 1)
    _take(readings, read_config(data))
    readings.packed = quantized_by(data)


def _take(readings: Readings, traits: Traits) -> None:
    readings.config = merged(readings.config, traits)


def _take_license(head: BinaryIO, readings: Readings) -> None:
    readings.license = read_license(head.read(LONGEST_CARD))
