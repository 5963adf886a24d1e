"""A connection's transport that lets what is written in one pass of the event loop go out together.

uvicorn writes the head of an answer and its body one after the other, and uvloop hands each to the kernel at once: two
calls, two packets and two wake-ups of whoever reads, which was a tenth of the time of a short answer.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

_MUCH = 64 * 1024  # bytes that are not held: large pieces gain nothing


class GatheredTransport(asyncio.Transport):
    """Another transport, with writes held until the event loop is back. What is held counts as written."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write it soon."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size >= _MUCH:
            self.flush()

    def flush(self) -> None:
        """Write what is held, now."""
        held, self._held, self._size = self._held, [], 0
        if held and not self._transport.is_closing():
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))

    def close(self) -> None:
        """Close it behind all that was written."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close it at once."""
        self._held, self._size = [], 0
        self._transport.abort()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Write them all soon."""
        self.write(b"".join(list_of_data))

    def get_write_buffer_size(self) -> int:
        """Bytes that the kernel has not taken yet."""
        self.flush()
        return self._transport.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """As the transport has it."""
        self._transport.set_write_buffer_limits(high, low)

    def is_closing(self) -> bool:
        """As the transport has it."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As the transport has it."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """As the transport has it."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """As the transport has it."""
        self._transport.resume_reading()
