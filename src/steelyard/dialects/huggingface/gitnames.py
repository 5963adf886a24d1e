"""The names that git gives to files and folders.

git keeps a small text in the place of a large file; the hub tells that text's name and length beside the SHA-256
(git-lfs ``docs/spec.md``, "The Pointer").
"""

import hashlib

from steelyard.catalog.models import File


def is_lfs(file: File) -> bool:
    """Whether git knows only a pointer to the file."""
    return file.digest.algorithm == "sha256"


def pointer(file: File) -> bytes:
    """The text that git keeps in the place of an LFS file."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{file.digest.hex}\nsize {file.size}\n".encode()


def blob_oid(file: File) -> str:
    """git's name of what it keeps: 40 hex digits; for an LFS file the pointer's."""
    if not is_lfs(file):
        return file.digest.hex
    text = pointer(file)
    return _sha1(b"blob %d\x00%b" % (len(text), text)).hexdigest()


def weight(file: File) -> int:
    """A file's share in the name of every folder above it."""
    return int.from_bytes(_sha1(f"{file.path}\x00{file.digest.hex}".encode()).digest())


def folder_oid(weights: int) -> str:
    """40 hex digits that change whenever a file below the folder does. git's own need modes, which nobody keeps."""
    return _sha1(b"%x" % weights).hexdigest()


def _sha1(data: bytes) -> "hashlib._Hash":
    return hashlib.sha1(data, usedforsecurity=False)
