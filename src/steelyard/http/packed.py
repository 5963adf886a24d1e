"""Bodies of many small things: larger than others may be, perhaps deflated, read whole up to a limit of their own."""

import zlib

from starlette.requests import ClientDisconnect, Request

from steelyard.core.errors import SteelyardError
from steelyard.http.bodylimit import BodyTooLarge

_GZIP = 31  # zlib: a window of 32 KiB, with gzip's header


class UnreadableEncoding(SteelyardError):
    """The body is in a form that nobody here reads."""

    status = 415
    slug = "unreadable-encoding"
    title = "The body cannot be read in that form"


async def packed_body(request: Request, most: int) -> bytes:
    """The whole body, unpacked; ``most`` bytes at most, packed and unpacked.

    Raises BodyTooLarge, UnreadableEncoding, ClientDisconnect.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise UnreadableEncoding(f"Content-Encoding is {encoding[:40]!r}.", hint="Send the body as it is, or as gzip.")
    body = await _whole(request, most)
    return _unpacked(body, most) if encoding == "gzip" else body


async def _whole(request: Request, most: int) -> bytes:
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        size, more = size + len(pieces[-1]), message.get("more_body", False)
        if size > most:
            raise too_large(most)
    return b"".join(pieces)


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
