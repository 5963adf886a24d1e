"""Bodies that are read whole."""

from collections.abc import Sequence

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from steelyard.http.body import body_of


def request(*messages: Message) -> Request:
    """One whose body comes in these messages."""
    coming = iter(messages)

    async def receive() -> Message:
        return next(coming)

    return Request({"type": "http", "headers": []}, receive)


@pytest.mark.parametrize("pieces", [[b""], [b"whole"], [b"in ", b"three ", b"pieces"]])
async def test_all_of_it(pieces: Sequence[bytes]) -> None:
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]
    assert await body_of(request(*messages)) == b"".join(pieces)


async def test_whoever_leaves_in_the_middle_has_asked_nothing() -> None:
    begun: Message = {"type": "http.request", "body": b"half", "more_body": True}
    with pytest.raises(ClientDisconnect):
        await body_of(request(begun, {"type": "http.disconnect"}))
