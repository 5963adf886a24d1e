"""How far an import is, in bytes of what was found: each file counts once, whether it is read, copied, or both."""

from collections.abc import Iterable
from pathlib import Path

from steelyard.catalog.status import is_pickle
from steelyard.downloads.imports.models import FoundFile, FoundModel
from steelyard.downloads.meter import Meter


class Tally:
    """Counts for a meter. Of what is read first and copied then, each gives half of the bytes."""

    def __init__(self, meter: Meter, *, copy: bool) -> None:
        """``copy``: nothing is linked."""
        self._meter = meter
        self._copy = copy
        self._counted: dict[Path, int] = {}

    def read(self, file: FoundFile, size: int) -> None:
        """Bytes of a file were read."""
        self._move(file, size if self._is_linked(file) else size // 2)

    def copied(self, file: FoundFile, size: int) -> None:
        """Bytes of a file were copied; negative when they have to be copied again."""
        self._move(file, size if file.claimed is not None else size // 2)

    def done(self, files: Iterable[FoundFile]) -> None:
        """These are in, or refused: now they count in full."""
        for file in files:
            self._meter.found(file.size - self._counted.get(file.place, 0))
            self._counted[file.place] = file.size

    def _is_linked(self, file: FoundFile) -> bool:
        return file.linkable and not self._copy and not is_pickle(file.path)

    def _move(self, file: FoundFile, size: int) -> None:
        before = self._counted.get(file.place, 0)
        after = max(0, min(before + size, file.size))
        self._counted[file.place] = after
        self._meter.moved(after - before, file.path)


def total(found: Iterable[FoundModel]) -> int:
    """Bytes of all files, each place once."""
    files = [file for model in found for revision in model.revisions for file in revision.files]
    return sum({file.place: file.size for file in files}.values())
