"""A streamed answer closes what it is made of, however it ends."""

from collections.abc import AsyncGenerator

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from steelyard.http.closing import ClosingResponse, Last
from steelyard.http.transfer import ClientLeft


class Source:
    """Two pieces; ``log`` is what happened, in order."""

    def __init__(self, fail_at: int | None = None, last: bytes = b"two", failure: type[OSError] = OSError) -> None:
        self.log: list[str] = []
        self._fail_at = fail_at
        self._failure = failure
        self._last = last

    async def pieces(self) -> AsyncGenerator[str | bytes, None]:
        try:
            yield "one"
            yield self._last
        finally:
            self.log.append("generator closed")

    async def close(self) -> None:
        self.log.append("closed")

    async def send(self, message: Message) -> None:
        if len(self.log) == self._fail_at:
            raise self._failure("gone")
        self.log.append(f"{message.get('body', b'head').decode()}{'' if message.get('more_body', True) else ' last'}")

    async def receive(self) -> Message:
        raise AssertionError("it does not listen")

    async def respond(self) -> None:
        response = ClosingResponse(self.pieces(), media_type="text/event-stream", close=self.close)
        assert response.headers["cache-control"] == "no-store"
        await response({"type": "http"}, self.receive, self.send)


async def test_all_is_closed_before_the_last_byte() -> None:
    source = Source()
    await source.respond()
    assert source.log[:6] == ["head", "one", "two", "generator closed", "closed", " last"]


async def test_what_completes_an_answer_goes_out_when_all_is_closed_and_nothing_follows() -> None:
    source = Source(last=Last(b"[DONE]"))
    await source.respond()
    assert source.log[:5] == ["head", "one", "generator closed", "closed", "[DONE] last"]
    assert set(source.log[5:]) <= {"closed"}


@pytest.mark.parametrize("fail_at", [0, 1, 2])
async def test_all_is_closed_when_sending_fails_at_any_place(fail_at: int) -> None:
    source = Source(fail_at)
    with pytest.raises(ClientDisconnect):
        await source.respond()
    assert "closed" in source.log
    assert ("generator closed" in source.log) == (fail_at > 0)


async def test_what_our_server_tells_of_a_client_that_left_goes_back_to_it() -> None:
    """In another error's clothes it would be an accident in the log."""
    with pytest.raises(ClientLeft):
        await Source(1, failure=ClientLeft).respond()
