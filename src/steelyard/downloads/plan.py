"""What has to be done for which blob. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steelyard.catalog.models import File, FileState
from steelyard.catalog.status import is_pickle
from steelyard.core.digest import Digest

SMALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Blob:
    """Distinct bytes of a revision and every path that shows them."""

    digest: Digest
    size: int
    paths: tuple[str, ...]
    here: bool

    @property
    def is_pickle(self) -> bool:
        """Whether any of its paths lets it be loaded as a pickle."""
        return any(is_pickle(path) for path in self.paths)


def blobs_of(files: Iterable[File]) -> list[Blob]:
    """Files by content: one blob is brought once, however many paths show it."""
    groups: dict[Digest, list[File]] = {}
    for file in files:
        groups.setdefault(file.digest, []).append(file)
    return [_blob(digest, same) for digest, same in groups.items()]


def _blob(digest: Digest, same: list[File]) -> Blob:
    here = all(file.state is not FileState.LISTED for file in same)
    return Blob(digest, same[0].size, tuple(file.path for file in same), here)


def in_order(blobs: Iterable[Blob]) -> list[Blob]:
    """Small files first, as they tell what the model is; then the largest, so that no long one starts last."""
    return sorted(blobs, key=lambda blob: (blob.size > SMALL, -blob.size, blob.paths))


def total_size(files: Sequence[File]) -> int:
    """Bytes of a selection as the hub lists them, path by path."""
    return sum(file.size for file in files)
