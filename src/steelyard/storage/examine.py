"""Reads a whole file to learn whether its bytes are what its name says. For worker threads."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from steelyard.core.digest import Digest
from steelyard.storage.fingerprint import Fingerprint, fingerprint
from steelyard.storage.part import PartFile

_STEP = 16 * 1024 * 1024
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Examined:
    """The file as it was before and after it was read; None when there is none. ``right`` is about its hash."""

    file: Fingerprint | None
    right: bool


def examine(place: Path, digest: Digest, size: int, moved: Callable[[int], None]) -> Examined:
    """Hash a file. ``moved`` hears of every piece that was read and may raise to stop.

    A file that changes while it is read is read again; one that never stands still is not right. Raises OSError when it
    cannot be read: then nobody knows.
    """
    seen = fingerprint(place)
    for _ in range(_TRIES):
        if seen is None or seen.size != size:
            return Examined(seen, right=False)
        try:
            right = _hash(place, digest, size, moved) == digest.hex
        except FileNotFoundError:
            right = False
        before, seen = seen, fingerprint(place)
        if seen == before:
            return Examined(seen, right)
    return Examined(seen, right=False)


def _hash(place: Path, digest: Digest, size: int, moved: Callable[[int], None]) -> str:
    hasher, done = digest.hasher(size), 0
    with PartFile.read_only(place) as file:
        while step := file.hash_into(hasher, done, _STEP):
            done += step
            moved(step)
    return hasher.hexdigest()
