"""From one shelf to the other: a repository that was made private, or public again, moves there with all it has.

By one rename on the same file system where that can be, so open files stay readable and links, which are relative
within the folder, stay valid. Where other repositories or strangers have files in the folder, or there is one on the
new shelf already, only what is ours goes, file by file.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from steelyard.storage.holdings import Found, Listed, is_ours, walk
from steelyard.storage.layout import Layout, RepoFolder
from steelyard.storage.links import is_temporary, sync_directory
from steelyard.storage.moves import in_the_way, is_taken, move, prune, set_aside
from steelyard.storage.trash import IN_THE_WAY, is_covered


class Shelves:
    """The effects on one store's shelves. Synchronous: callers run it in threads.

    The verb may be repeated, and finishes what a crash has left half done.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def strays(self, folder: RepoFolder) -> bool:
        """Whether there is a folder of this repository on the other shelf."""
        return self._layout.repository(folder.elsewhere).is_dir()

    def private_names(self) -> list[str]:
        """The names of the folders on the private shelf."""
        return [path.name for path in self._layout.private_shelf.iterdir() if path.is_dir()]

    def carry(self, folder: RepoFolder, listed: Listed, needed: Listed | None = None, *, share: bool = True) -> None:
        """Bring what is ours of a repository from the other shelf.

        ``needed`` is what other repositories have in the folder there: it stays, and where it is ours too, ``share``
        gives it a second name here. What a stranger has put there alone stays: nothing in it was published by us.
        """
        source, target = self._layout.repository(folder.elsewhere), self._layout.repository(folder)
        there = list(walk(source))
        if not _has_ours(there, listed):
            return
        if needed is not None or not _renamed(source, target):
            self._bring(folder, _in_order(there, listed), listed, needed, share=share)
            prune(source)
        for directory in (*self._layout.shelves, self._layout.foreign):
            sync_directory(directory)

    def _bring(
        self, folder: RepoFolder, ours: Iterator[Found], listed: Listed, needed: Listed | None, *, share: bool
    ) -> None:
        target = self._layout.repository(folder)
        for found in ours:
            place, stays = target / found.inside, needed is not None and _belongs(found, needed)
            if stays and not (share and self._is_shared(found, folder, listed)):
                continue
            if is_covered(found, place, listed) or (_is_ref(found) and is_taken(place)):
                if not stays:
                    found.path.unlink()
                continue
            for stands in in_the_way(place, target):
                set_aside(self._layout.foreign, stands, f"{folder.name}--{stands.name}")
            if stays:
                _double(found, place)
            else:
                move(found.path, place)

    def _is_shared(self, found: Found, folder: RepoFolder, listed: Listed) -> bool:
        """Whether the table says of what another repository needs that it is ours too, and not only listed."""
        if found.inside.startswith("blobs/"):
            return listed.blobs[found.path.name].stored
        if found.is_link:
            return (self._layout.repository(folder) / "blobs" / found.path.readlink().name).exists()
        return folder.private  # whose branch it is nobody can tell: nothing private is told to everybody


def _has_ours(there: list[Found], listed: Listed) -> bool:
    """Whether the depot has published here: a blob as we leave it, or no blobs at all but something that is ours."""
    blobs = [found for found in there if found.inside.startswith("blobs/") and not is_temporary(found.path.name)]
    if blobs:
        return any(_is_our_blob(found, listed) for found in blobs)
    return any(is_ours(found, listed) for found in there)


def _renamed(source: Path, target: Path) -> bool:
    """Whether the whole folder has gone; False where one stands on the other shelf already."""
    if is_taken(target):
        return False
    try:
        source.rename(target)
    except FileNotFoundError:  # another process has moved it since we looked
        return True
    except OSError as error:
        if error.errno in IN_THE_WAY:
            return False
        raise
    return True


def _in_order(there: list[Found], listed: Listed) -> Iterator[Found]:
    """What goes: our blobs, then the names that show them, last the references, when nobody else's blobs are left."""
    ours = [found for found in there if is_ours(found, listed) and not is_temporary(found.path.name)]
    blobs = [found for found in ours if _is_our_blob(found, listed)]
    yield from blobs
    foreign = {found.path.name for found in there if found.inside.startswith("blobs/")}
    foreign -= {found.path.name for found in blobs}
    for found in ours:
        if found.inside.startswith("snapshots/") and _belongs(found, listed) and _is_as_we_leave_it(found, foreign):
            yield found
    for found in ours:
        if _is_ref(found) and not foreign:
            yield found


def _belongs(found: Found, listed: Listed) -> bool:
    """Whether it is of these revisions; a link to a blob that several have tells nothing yet."""
    area, _, rest = found.inside.partition("/")
    return is_ours(found, listed) and (area != "snapshots" or rest.partition("/")[0] in listed.commits)


def _is_our_blob(found: Found, listed: Listed) -> bool:
    return found.inside.startswith("blobs/") and found.is_read_only and is_ours(found, listed)


def _is_as_we_leave_it(found: Found, foreign: set[str]) -> bool:
    if not found.is_link:
        return found.is_read_only
    with suppress(FileNotFoundError):
        return found.path.readlink().name not in foreign
    return False


def _is_ref(found: Found) -> bool:
    return found.inside.startswith("refs/")


def _double(found: Found, place: Path) -> None:
    """A second name, or a copy where the disk has no hard links, also of a symbolic link."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(found.path, place, follow_symlinks=False)
    except OSError:
        shutil.copy2(found.path, place, follow_symlinks=False)
