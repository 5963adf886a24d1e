"""Bodies that may be deflated, read whole up to a limit."""

import gzip

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from steelyard.http.bodylimit import BodyTooLarge
from steelyard.http.packed import UnreadableEncoding, packed_body

MOST = 100


def request(*messages: Message, encoding: str | None = None) -> Request:
    """One whose body comes in these messages."""
    coming = iter(messages)

    async def receive() -> Message:
        return next(coming)

    headers = [] if encoding is None else [(b"content-encoding", encoding.encode())]
    return Request({"type": "http", "headers": headers}, receive)


def pieces(*some: bytes) -> list[Message]:
    last = len(some) - 1
    return [{"type": "http.request", "body": piece, "more_body": number < last} for number, piece in enumerate(some)]


async def test_all_of_it() -> None:
    assert await packed_body(request(*pieces(b"in ", b"two")), MOST) == b"in two"
    assert await packed_body(request(*pieces(b"a" * MOST), encoding="identity"), MOST) == b"a" * MOST


async def test_what_was_deflated() -> None:
    packed = gzip.compress(b"words", mtime=0)
    assert await packed_body(request(*pieces(packed[:9], packed[9:]), encoding="GZIP"), MOST) == b"words"


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"a" * (MOST + 1), None), (gzip.compress(b"a" * (MOST + 1), mtime=0), "gzip")]
)
async def test_too_much(body: bytes, encoding: str | None) -> None:
    with pytest.raises(BodyTooLarge):
        await packed_body(request(*pieces(body), encoding=encoding), MOST)


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"words", "br"), (b"words", "gzip"), (gzip.compress(b"words", mtime=0)[:-6], "gzip")]
)
async def test_what_cannot_be_read(body: bytes, encoding: str) -> None:
    with pytest.raises(UnreadableEncoding):
        await packed_body(request(*pieces(body), encoding=encoding), MOST)


async def test_whoever_leaves_in_the_middle() -> None:
    begun: Message = {"type": "http.request", "body": b"half", "more_body": True}
    with pytest.raises(ClientDisconnect):
        await packed_body(request(begun, {"type": "http.disconnect"}), MOST)
