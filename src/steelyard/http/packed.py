"""Bodies of many small things: larger than others may be, perhaps deflated, read whole up to a limit of their own."""

import asyncio
import zlib
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from steelyard.core.errors import SteelyardError
from steelyard.http.bodylimit import BodyTooLarge
from steelyard.http.fields import field

_GZIP = 31  # zlib: a window of 32 KiB, with gzip's header
PATIENCE_SECONDS = 10.0  # until a body must have begun; and what came gives it time for more
_SLOWEST = 128 * 1024  # bytes a second: a megabit


class UnreadableEncoding(SteelyardError):
    """The body is in a form that nobody here reads."""

    status = 415
    slug = "unreadable-encoding"
    title = "The body cannot be read in that form"


class BodyTooSlow(SteelyardError):
    """A body takes up room for longer than anybody needs to send it."""

    status = 408
    slug = "body-too-slow"
    title = "The request took too long to come"


@dataclass(frozen=True, slots=True)
class Packed:
    """A body as it came."""

    data: bytes
    is_deflated: bool

    def open(self, most: int) -> bytes:
        """What is in it; ``most`` bytes at most. Takes a while: a thread is the place for it.

        Raises BodyTooLarge, UnreadableEncoding.
        """
        return _unpacked(self.data, most) if self.is_deflated else self.data


def announced(request: Request, most: int) -> int:
    """How many bytes the body may have: as many as the request says, else ``most``."""
    said = field(request.scope, b"content-length") or ""
    return min(int(said), most) if said.isascii() and said.isdigit() else most


async def packed_body(request: Request, most: int, patience: float = PATIENCE_SECONDS) -> Packed:
    """The whole body, ``most`` bytes at most. After ``patience`` seconds it comes at a megabit a second, or too slowly.

    Raises BodyTooLarge, BodyTooSlow, UnreadableEncoding, ClientDisconnect.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise UnreadableEncoding(f"Content-Encoding is {encoding[:40]!r}.", hint="Send the body as it is, or as gzip.")
    try:
        async with asyncio.timeout(patience) as limit:
            return Packed(await _whole(request, most, limit), encoding == "gzip")
    except TimeoutError as error:
        raise BodyTooSlow("The body comes at less than a megabit a second.", hint="Send less at once.") from error


async def _whole(request: Request, most: int, limit: asyncio.Timeout) -> bytes:
    began = limit.when() or 0.0
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        size, more = size + len(pieces[-1]), message.get("more_body", False)
        limit.reschedule(began + size / _SLOWEST)
        if size > most:
            raise too_large(most)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _unpacked(body: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        found = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise UnreadableEncoding(f"The body is no gzip: {error}.", hint="Send the body as it is.") from error
    if len(found) > most:
        raise too_large(most)
    if not unpacker.eof:
        raise UnreadableEncoding("The gzip in the body has no end.", hint="Send the body as it is.")
    return found


def too_large(most: int) -> BodyTooLarge:
    """More than ``most`` bytes came."""
    return BodyTooLarge(f"A request may have {most} bytes.", hint="Send fewer things in one request.")
