"""A stored file is opened for an answer, before the answer begins."""

import os
from contextlib import ExitStack
from pathlib import Path

from steelyard.core.errors import NotFound
from steelyard.http.ranges import ByteRange
from steelyard.http.transfer import shrank


class FileGone(NotFound):
    """The depot knows the file, and it is not where it should be."""

    slug = "file-gone"
    title = "A stored file is not there any more"


def opened(file: Path | int, part: ByteRange, closing: ExitStack) -> tuple[int, bytes]:
    """A descriptor of the file, which ``closing`` will close, and the bytes of the part. For a thread.

    Raises FileGone, and FileShrank when the file ends before the part.
    """
    descriptor = file if isinstance(file, int) else _open(file, closing)
    last = os.pread(descriptor, part.count, part.start)
    if len(last) < part.count:
        raise shrank()
    return descriptor, last


def _open(path: Path, closing: ExitStack) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError as error:
        hint = "Run 'steelyard verify' to see what else is gone, and pull the model again."
        raise FileGone("The depot knows this file, but it is not in the store any more.", hint=hint) from error
    closing.callback(os.close, descriptor)
    return descriptor
