"""Bodies that may be deflated, read whole up to a limit."""

import asyncio
import gzip

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from steelyard.http.bodylimit import BodyTooLarge
from steelyard.http.packed import BodyTooSlow, UnreadableEncoding, announced, packed_body

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


async def opened(request: Request) -> bytes:
    return (await packed_body(request, MOST)).open(MOST)


async def test_all_of_it() -> None:
    assert await opened(request(*pieces(b"in ", b"two"))) == b"in two"
    assert await opened(request(*pieces(b"a" * MOST), encoding="identity")) == b"a" * MOST


async def test_what_was_deflated_stays_so_until_it_is_opened() -> None:
    deflated = gzip.compress(b"words" * 20, mtime=0)
    packed = await packed_body(request(*pieces(deflated[:9], deflated[9:]), encoding="GZIP"), MOST)
    assert (packed.data, packed.is_deflated, packed.open(MOST)) == (deflated, True, b"words" * 20)


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"a" * (MOST + 1), None), (gzip.compress(b"a" * (MOST + 1), mtime=0), "gzip")]
)
async def test_too_much(body: bytes, encoding: str | None) -> None:
    with pytest.raises(BodyTooLarge):
        await opened(request(*pieces(body), encoding=encoding))


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"words", "br"), (b"words", "gzip"), (gzip.compress(b"words", mtime=0)[:-6], "gzip")]
)
async def test_what_cannot_be_read(body: bytes, encoding: str) -> None:
    with pytest.raises(UnreadableEncoding):
        await opened(request(*pieces(body), encoding=encoding))


async def test_a_body_that_never_comes_holds_its_room_for_a_while() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    with pytest.raises(BodyTooSlow):
        await packed_body(Request({"type": "http", "headers": []}, receive), MOST, patience=0.01)


@pytest.mark.parametrize(
    ("said", "expected"), [(b"7", 7), (b"1000", MOST), (None, MOST), (b"-1", MOST), (b"x", MOST), ("²".encode(), MOST)]
)
def test_how_much_may_come(said: bytes | None, expected: int) -> None:
    headers = [] if said is None else [(b"content-length", said)]
    assert announced(Request({"type": "http", "headers": headers}), MOST) == expected


async def test_whoever_leaves_in_the_middle() -> None:
    begun: Message = {"type": "http.request", "body": b"half", "more_body": True}
    with pytest.raises(ClientDisconnect):
        await packed_body(request(begun, {"type": "http.disconnect"}), MOST)
