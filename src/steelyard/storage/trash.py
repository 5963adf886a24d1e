"""The trash of a store: folders of deleted repositories, set aside whole and brought back.

A folder goes there and back by one rename on the same file system, so open files stay readable and links, which are
relative within the folder, stay valid. Only where something stands in the way are files moved one by one.
"""

import errno
from pathlib import Path

from steelyard.storage.holdings import Found, Listed, Weight, is_ours, look_at, ours, walk, weigh
from steelyard.storage.layout import Layout, RepoFolder
from steelyard.storage.links import sync_directory
from steelyard.storage.moves import in_the_way, is_taken, move, prune, set_aside

IN_THE_WAY = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)


class TrashBin:
    """The effects on one store's trash. Synchronous: callers run it in threads. ``name`` is an entry's catalog id.

    Every verb may be repeated, and finishes what a crash has left half done.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def names(self) -> list[str]:
        """What has a folder in the trash."""
        return [path.name for path in self._layout.trash.iterdir() if path.is_dir()]

    def holds(self, name: str) -> bool:
        """Whether that entry has a folder in the trash."""
        return self._bin(name).is_dir()

    def throw(self, folder: RepoFolder, name: str) -> bool:
        """Move a repository's folder to the trash; an empty one marks that there was nothing to move.

        False when both are there: then only ``gather`` may add to what is in the trash.
        """
        source, target = self._shelf(folder), self._bin(name)
        if target.is_dir():
            return not source.is_dir()
        try:
            source.rename(target)
        except FileNotFoundError:
            target.mkdir(mode=0o700, exist_ok=True)
        self._sync()
        return True

    def gather(self, folder: RepoFolder, name: str, listed: Listed, until: float) -> int:
        """Move what a late job of ours published after its repository was deleted; returns how many files.

        Only what was written before ``until`` (seconds since 1970): what is newer is a stranger's, and stays.
        """
        source, target = self._shelf(folder), self._bin(name)
        late = [found for found in ours(source, listed) if found.changed <= until and _is_as_we_leave_it(found)]
        for found in late:
            place = target / found.inside
            if is_covered(found, place, listed):
                found.path.unlink()
            elif not is_taken(place):
                move(found.path, place)
        prune(source)
        self._sync()
        return len(late)

    def bring_back(self, folder: RepoFolder, name: str) -> bool:
        """Move a folder back to the shelf; False when files stand in its way: ``merge_back`` then."""
        source, target = self._bin(name), self._shelf(folder)
        if not source.is_dir():
            return True
        try:
            source.rename(target)
        except OSError as error:
            if error.errno in IN_THE_WAY:
                return False
            if source.is_dir():
                raise
            return True  # another process has brought it back since we looked
        self._sync()
        return True

    def merge_back(self, folder: RepoFolder, name: str) -> None:
        """Move a folder back file by file. Ours win their places; what a stranger put there goes to ``foreign/``."""
        source, target = self._bin(name), self._shelf(folder)
        for found in walk(source):
            place = target / found.inside
            if _is_the_very_same(found, place):
                found.path.unlink()
                continue
            for stands in in_the_way(place, target):
                set_aside(self._layout.foreign, stands, f"{folder.name}--{stands.name}")
            move(found.path, place)
        prune(source)
        self._sync()

    def weigh(self, folder: RepoFolder, name: str, listed: Listed) -> Weight:
        """What deleting a repository for good would free, wherever its folder is now."""
        place = self._bin(name) if self.holds(name) else self._shelf(folder)
        return weigh(ours(place, listed))

    def _shelf(self, folder: RepoFolder) -> Path:
        return self._layout.repository(folder)

    def _bin(self, name: str) -> Path:
        return self._layout.trash / name

    def _sync(self) -> None:
        for directory in (*self._layout.shelves, self._layout.trash, self._layout.foreign):
            sync_directory(directory)


def _is_as_we_leave_it(found: Found) -> bool:
    return found.is_read_only if found.is_file and not found.inside.startswith("refs/") else True


def _is_the_very_same(found: Found, place: Path) -> bool:
    """Whether what stands in a file's place has the same bytes, for sure: then one of the two names can go."""
    other = look_at(place)
    if other is None or found.is_link or other.is_link:
        return other is not None and found.is_link and other.is_link and found.path.readlink() == place.readlink()
    if found.inside.startswith("refs/"):
        return found.size == other.size and found.path.read_bytes() == place.read_bytes()
    return found.inode == other.inode


def is_covered(found: Found, place: Path, listed: Listed) -> bool:
    """Whether a late file of ours adds nothing to the verified one that is in the trash already."""
    other = look_at(place)
    if other is None or _is_the_very_same(found, place):
        return other is not None
    if found.is_link or other.is_link or found.inside.startswith("refs/"):
        return False
    return found.size == other.size and found.is_read_only and other.is_read_only and is_ours(found, listed)
