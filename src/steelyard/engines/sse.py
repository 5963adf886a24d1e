"""The lines of a stream of server-sent events, as OpenAI's protocol uses them: one ``data`` line each. Pure."""

_DONE = b"[DONE]"
_LONGEST = 4 * 2**20  # bytes of a line


class LineTooLong(ValueError):
    """No chunk of an answer has so many bytes."""


class EventLines:
    """Takes bytes as they come, and gives out what stands behind ``data:``."""

    __slots__ = ("_rest", "_size", "is_done")

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._size = 0
        self.is_done = False

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that became whole. Comments and pings are left out; nothing comes after the end.

        ``error:`` lines of older llama.cpp are objects with an ``error`` too. Raises LineTooLong.
        """
        *lines, rest = data.split(b"\n")
        if lines and self._rest:
            lines[0] = b"".join((*self._rest, lines[0]))
        if rest or self._rest:
            self._keep(rest, is_new=bool(lines))
        payloads = []
        for line in lines:
            if line.startswith(b"data:"):
                payload = line[5:].strip()
                if payload == _DONE:
                    self.is_done = True
                    break
                if payload:
                    payloads.append(payload)
            elif line.startswith(b"error:"):
                payloads.append(b'{"error":' + line[6:].strip() + b"}")
        return payloads

    def _keep(self, rest: bytes, *, is_new: bool) -> None:
        """The beginning of a line, in the pieces in which it comes: put together when it is whole, not each time."""
        if is_new:
            self._rest, self._size = [], 0
        if rest:
            self._rest.append(rest)
            self._size += len(rest)
            if self._size > _LONGEST:
                raise LineTooLong("a line without an end")
