"""Walking the files of a commit in git's order, from any place, at the cost of what is taken.

A folder sorts as its path and a slash, so it stands right before what is in it, and what is below a folder is one
slice of the sorted paths. Every step finds its place by bisection: a page of a repository of 100 000 files costs a
page and the sorting of a list that is sorted already.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from steelyard.catalog.models import File

_AFTER_SLASH = "0"  # the letter behind "/": a folder's files end before its path and this


class Walk:
    """The files of one commit. A key is a file's path, or a folder's path and a slash; both sort together."""

    def __init__(self, files: Sequence[File]) -> None:
        self.files = sorted(files, key=lambda file: file.path)
        self._paths = [file.path for file in self.files]

    def file(self, path: str) -> File | None:
        """The file at a path."""
        at = bisect_left(self._paths, path)
        return self.files[at] if self._paths[at : at + 1] == [path] else None

    def has_folder(self, path: str) -> bool:
        """Whether there is a file below the path; the root is always there."""
        start, end = self.span(path)
        return not path or start < end

    def span(self, folder: str) -> tuple[int, int]:
        """The slice of ``files`` that is below a folder."""
        if not folder:
            return 0, len(self._paths)
        return bisect_left(self._paths, f"{folder}/"), bisect_left(self._paths, folder + _AFTER_SLASH)

    def everything(self, folder: str, after: str = "") -> Iterator[str]:
        """The keys below a folder, at every depth, behind the key ``after``."""
        start, end = self.span(folder)
        last = max(after, f"{folder}/" if folder else "")
        for path in self._paths[max(start, bisect_right(self._paths, last)) : end]:
            for parent in _parents(path):
                if parent > last:
                    yield parent
            yield path
            last = path

    def children(self, folder: str, after: str = "") -> Iterator[str]:
        """The keys right below a folder, behind ``after``: folders first, as the hub lists one level."""
        if not after or after.endswith("/"):
            yield from (key for key in self._level(folder, after) if key.endswith("/"))
            after = ""
        yield from (key for key in self._level(folder, after) if not key.endswith("/"))

    def _level(self, folder: str, after: str) -> Iterator[str]:
        at, end = self.span(folder)
        at = max(at, self._behind(after)) if after else at
        depth = len(folder) + 1 if folder else 0
        while at < end:
            path = self._paths[at]
            slash = path.find("/", depth)
            yield path if slash < 0 else path[: slash + 1]
            at = at + 1 if slash < 0 else self._behind(path[: slash + 1])

    def _behind(self, key: str) -> int:
        """Where the first path stands that is neither the key nor below it."""
        return (
            bisect_left(self._paths, key[:-1] + _AFTER_SLASH) if key.endswith("/") else bisect_right(self._paths, key)
        )


def _parents(path: str) -> Iterator[str]:
    at = path.find("/")
    while at >= 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)
