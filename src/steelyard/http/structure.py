"""How much there is to parse in a body of JSON, found before it is parsed."""


class Structure:
    """Counts brackets and commas, piece by piece, but for those within texts: prose and tables have many, and cost
    nothing. What is no JSON is counted somehow, and never fails."""

    def __init__(self) -> None:
        self.brackets = 0
        self.commas = 0
        self._is_text = False
        self._rest = b""

    def count(self, data: bytes) -> None:
        """Take in the next piece; it may end anywhere."""
        bare = (self._rest + data).replace(b"\\\\", b"").replace(b'\\"', b"")
        self._rest = b"\\" if bare.endswith(b"\\") else b""  # what it escapes is to come
        parts = bare.split(b'"')
        outside = b"".join(parts[int(self._is_text) :: 2])
        self._is_text ^= len(parts) % 2 == 0
        self.brackets += outside.count(b"[") + outside.count(b"{")
        self.commas += outside.count(b",")
