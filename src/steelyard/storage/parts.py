"""The folder of part files, which the workers of several processes share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from steelyard.core.digest import Digest
from steelyard.core.errors import Unavailable
from steelyard.storage import links
from steelyard.storage.moves import is_taken
from steelyard.storage.part import PartFile

_OURS = 0o600
_COPY_STEP = 4 * 1024 * 1024


class PartBusy(Unavailable):
    """Another process has the part file open for writing."""

    slug = "part-busy"
    title = "Another worker still writes this file"


class PartMissing(Unavailable):
    """Another process took the part file over: what was verified is no longer in its place."""

    slug = "part-taken"
    title = "Another worker took this file over"


def open_part(path: Path) -> PartFile:
    """The part file for one writer alone, created when it is not there. Raises PartBusy, OSError.

    What a killed process had taken away and not published is used again.
    """
    while True:
        _recover(path)
        part = _opened(path)
        if not part.lock():
            part.close()
            raise PartBusy("Another worker still writes a file of this job.", hint="The job tries again by itself.")
        if inode_of(path) == part.inode:
            path.chmod(_OURS)
            return part
        part.close()  # between opening and locking somebody published, replaced or cleared it


def _opened(path: Path) -> PartFile:
    try:
        return PartFile(path)
    except PermissionError:  # a crash just before publishing leaves it read-only
        path.chmod(_OURS)
        return PartFile(path)


def renew_part(path: Path, check: Callable[[], None]) -> None:
    """Give the name to a copy, so that whoever holds the old file writes into nothing. Raises what ``check`` raises."""
    copy = links.beside(path)
    try:
        with path.open("rb") as old, copy.open("wb") as new:
            while block := old.read(_COPY_STEP):
                check()
                new.write(block)
        check()
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)


@contextmanager
def taken_away(path: Path, inode: int | None) -> Iterator[Path]:
    """The verified file under a name of its own, to be renamed on; back under its old name when that fails.

    Raises PartMissing when another worker took it over, before or meanwhile.
    """
    private = _take_away(path, inode)
    try:
        yield private
    except BaseException as error:
        if isinstance(error, FileNotFoundError) and not is_taken(private):
            raise _taken() from error
        if is_taken(private) and not is_taken(path):
            private.replace(path)
        raise


def _take_away(path: Path, inode: int | None) -> Path:
    """Give the verified file a name that only we know; what took its place meanwhile stays. Raises PartMissing."""
    if inode is not None and inode_of(path) != inode:
        raise _taken()
    private = links.beside(path, f"{path.stem}.")
    try:
        path.replace(private)
    except FileNotFoundError as error:
        raise _taken() from error
    if inode is not None and inode_of(private) != inode:  # it was replaced between the look and the rename
        private.replace(path)
        raise _taken()
    return private


def _recover(path: Path) -> None:
    """Give a part that was taken away its name back. Whoever took it, and lives, finds it gone: PartMissing."""
    if is_taken(path):
        return
    for private in path.parent.glob(f".{path.stem}.*"):
        if links.is_temporary(private.name):
            with suppress(FileNotFoundError):
                private.replace(path)
                return


def clear_part(path: Path, before: float) -> int:
    """Delete a part file that nobody has written since a moment (seconds since 1970); returns its size, or 0."""
    try:
        part = PartFile(path, PartFile.EXISTING)
    except OSError:  # gone, or not ours to write
        return 0
    with part:
        stat = path.stat() if part.lock() and inode_of(path) == part.inode else None
        if stat is None or stat.st_mtime >= before:
            return 0
        path.unlink(missing_ok=True)
        return stat.st_size


def part_digest(path: Path) -> Digest | None:
    """The blob that a part file's name means; None when it is not one of ours."""
    try:
        return Digest.parse(path.stem.replace("-", ":", 1))
    except ValueError:
        return None


def inode_of(path: Path) -> int | None:
    """Which file a name means now."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _taken() -> PartMissing:
    return PartMissing("Another worker took over a file of this job.", hint="The job goes on by itself.")
