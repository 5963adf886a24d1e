"""What a hub lists, checked before anything is stored under its names. Pure."""

from collections.abc import Sequence

from steelyard.catalog.models import File, FileState
from steelyard.sources.errors import UpstreamNonsense
from steelyard.sources.protocol import RemoteFile
from steelyard.storage.layout import UnsafeName, safe_path


def to_files(listed: Sequence[RemoteFile]) -> list[File]:
    """The files by path, none of them here yet.

    Raises UpstreamNonsense for a path that is listed twice, and UnsafeName for one that no table takes: PostgreSQL
    stores no NUL, and neither database half a surrogate pair.
    """
    for item in listed:
        if "\0" in item.path or any("\ud800" <= letter <= "\udfff" for letter in item.path):
            raise UnsafeName(
                f"The hub lists the file name {ascii(item.path)[:120]}, which cannot be stored.",
                hint="Tell the repository's owner.",
            )
    files = {item.path: File(item.path, item.size, item.digest, FileState.LISTED) for item in listed}
    if len(files) < len(listed):
        raise UpstreamNonsense("The hub lists the same path twice.")
    return [files[path] for path in sorted(files)]


def require_placeable(files: Sequence[File]) -> None:
    """Every one of these files can stand on a disk beside the others.

    Raises UnsafeName, and UpstreamNonsense for a path that is a folder as well. What nobody wants may have any name.
    """
    paths = {file.path for file in files}
    for path in paths:
        clash = next((str(parent) for parent in safe_path(path).parents if str(parent) in paths), None)
        if clash is not None:
            raise UpstreamNonsense(f"The hub lists {clash[:120]!r} both as a file and as a folder.")
