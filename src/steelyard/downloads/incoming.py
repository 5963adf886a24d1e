"""A blob that is coming in: its part file and its hash advance together. Synchronous, for worker threads."""

from collections.abc import Callable, Sequence

from steelyard.core.digest import Digest
from steelyard.storage.part import PartFile

_REHASH_STEP = 64 * 1024 * 1024


class IncomingBlob:
    """One blob on its way. ``offset`` is how many bytes are in the part file and in the hash.

    ``check`` raises when the job's lease is lost; it is asked before every write.
    """

    def __init__(self, part: PartFile, digest: Digest, size: int, check: Callable[[], None]) -> None:
        self._part = part
        self._digest = digest
        self._check = check
        self._hasher = digest.hasher(size)
        self.size = size
        self.offset = 0

    @property
    def inode(self) -> int:
        """Which file it is."""
        return self._part.inode

    @property
    def has_past(self) -> bool:
        """Whether an earlier try left bytes in the part file."""
        return self._part.size() > 0

    @property
    def is_too_long(self) -> bool:
        """Whether an earlier try left more bytes than there can be: they are not right."""
        return self._part.size() > self.size

    def catch_up(self) -> None:
        """Hash what an earlier try left: cheaper by far than to fetch it again."""
        while step := self._part.hash_into(self._hasher, self.offset, _REHASH_STEP):
            self._check()
            self.offset += step

    def feed(self, pieces: Sequence[bytes]) -> None:
        """Write at the offset, then hash. Raises LeaseLost, and OSError when the disk is full."""
        for piece in pieces:
            self._check()
            self._part.write(self.offset, piece)
            self._hasher.update(piece)
            self.offset += len(piece)

    def restart(self, new_part: Callable[[], PartFile]) -> None:
        """Begin anew in another part file: the bytes so far are wrong, or the hub cannot start in the middle."""
        self._check()
        self._part.close()
        self._part = new_part()
        self._hasher = self._digest.hasher(self.size)
        self.offset = 0

    @property
    def is_right(self) -> bool:
        """Whether the bytes so far are what was announced."""
        return self.offset == self.size and self._hasher.hexdigest() == self._digest.hex

    def seal(self) -> bool:
        """Bring the bytes to the disk; returns whether they are what was announced."""
        self._part.sync()
        return self.is_right

    def close(self) -> None:
        """Let the part file go; what is in it stays."""
        self._part.close()
