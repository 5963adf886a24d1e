"""Goes forward through the head of a file, never beyond its end and never through more bytes than agreed."""

from struct import Struct
from typing import BinaryIO

from steelyard.catalog.inspect.errors import BadHeader

_CHUNK = 256 * 1024
_LENGTH = Struct("<Q")


class Cursor:
    """A place in a file of ``size`` bytes, of which it reads at most ``budget``; what is skipped is not read.

    Every step raises BadHeader when the file is too short for it or the budget is spent.
    """

    def __init__(self, file: BinaryIO, size: int, budget: int) -> None:
        self.size = size
        self._file = file
        self._budget = budget
        self._chunk = b""
        self._start = 0
        self._at = 0

    @property
    def position(self) -> int:
        """Bytes from the beginning of the file."""
        return self._start + self._at

    @property
    def left(self) -> int:
        """Bytes from here to the end of the file."""
        return self.size - self.position

    def take(self, count: int) -> bytes:
        """The next bytes."""
        self._fill(count)
        data = self._chunk[self._at : self._at + count]
        self._at += count
        return data

    def unpack(self, form: Struct) -> int:
        """The next number."""
        self._fill(form.size)
        (value,) = form.unpack_from(self._chunk, self._at)
        self._at += form.size
        return int(value)

    def length(self) -> int:
        """The next length: 64 bits, little-endian."""
        return self.unpack(_LENGTH)

    def skip(self, count: int) -> None:
        """Go on without reading."""
        self._require(count)
        self._at += count

    def skip_texts(self, count: int) -> None:
        """Go past texts, each a length and its bytes. A method call for each was 5 times slower."""
        self._require(count * _LENGTH.size)
        chunk, at, unpack = self._chunk, self._at, _LENGTH.unpack_from
        for _ in range(count):
            if at + 8 > len(chunk):
                self._at = at
                self._fill(8)
                chunk, at = self._chunk, self._at
            at += 8 + unpack(chunk, at)[0]
        self._at = at
        self._require(0)

    def _require(self, count: int) -> None:
        if count > self.left:
            raise BadHeader(f"its header goes on to byte {self.position + count:,}, the file has {self.size:,}")

    def _fill(self, count: int) -> None:
        """Have the next ``count`` bytes in the chunk."""
        if self._at + count <= len(self._chunk):
            return
        self._require(count)
        wanted = min(max(count, _CHUNK), self.left)
        if wanted > self._budget:
            raise BadHeader("its header is longer than the depot reads")
        self._start, self._at = self.position, 0
        self._file.seek(self._start)
        self._chunk = self._file.read(wanted)
        self._budget -= wanted
        if len(self._chunk) < count:
            raise BadHeader(f"the file ends at byte {self._start + len(self._chunk):,}, not at {self.size:,}")
