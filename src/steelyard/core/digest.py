"""How a hub names the content of a file: SHA-256 for large files (LFS), git's blob SHA-1 for the others."""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal, Protocol

Algorithm = Literal["sha256", "git"]
_HEX = {"sha256": re.compile(r"[0-9a-f]{64}"), "git": re.compile(r"[0-9a-f]{40}")}


class Hasher(Protocol):
    """What hashlib's objects offer."""

    def update(self, data: bytes | bytearray | memoryview, /) -> None:
        """Take more bytes in."""

    def hexdigest(self) -> str:
        """The digest of everything so far."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A content hash as the hub announces it; ``hex`` is also the file's ETag and the blob's name in the cache."""

    algorithm: Algorithm
    hex: str

    def __post_init__(self) -> None:
        if not _HEX[self.algorithm].fullmatch(self.hex):
            raise ValueError(f"{self.hex[:80]!r} is no {self.algorithm} digest")

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """Read ``algorithm:hex``. Raises ValueError."""
        algorithm, _, value = text.partition(":")
        if algorithm not in _HEX:
            raise ValueError(f"{text[:80]!r} is no digest")
        return cls("sha256" if algorithm == "sha256" else "git", value)

    def hasher(self, size: int) -> Hasher:
        """A fresh hasher; git hashes ``blob <size>\\0`` before the content."""
        if self.algorithm == "sha256":
            return hashlib.sha256()
        return hashlib.sha1(b"blob %d\x00" % size, usedforsecurity=False)
