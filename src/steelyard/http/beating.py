"""A stream that says that it is still there: while it is not known yet what it will say, and in between.

A model of 40 GB takes minutes to load, and proxies and clients end a connection that says nothing for one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.core.errors import SteelyardError
from steelyard.http.closing import STREAM_HEADERS
from steelyard.http.sse import HEARTBEAT

EVERY = 15.0  # seconds of silence
_HEADERS = tuple((name.lower().encode(), value.encode()) for name, value in STREAM_HEADERS.items())
_KIND = (b"content-type", b"text/event-stream; charset=utf-8")


class Beats:
    """Sends what it is given, and a comment after ``every`` seconds without anything; the first begins the response.

    A timer looks now and then, so that a stream that is not silent pays nothing for it.
    """

    def __init__(self, send: Send, every: float) -> None:
        self.begun = False
        self._send = send
        self._every = every
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(every, self._look)
        self._task: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> None:
        """ASGI's ``send``. The head of a response that has begun already is left out."""
        is_head = message["type"] == "http.response.start"
        if is_head and self.begun:
            return
        self.begun = True
        self._last = self._loop.time()
        if not is_head and not message.get("more_body", False):
            self.stop()
        await self._send(message)

    def stop(self) -> None:
        """No comment from here on."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._timer = self._task = None

    def _look(self) -> None:
        quiet = self._loop.time() - self._last
        if quiet < self._every:
            self._timer = self._loop.call_later(self._every - quiet, self._look)
        else:
            self._task = self._loop.create_task(self._beat())

    async def _beat(self) -> None:
        with suppress(OSError):  # nobody listens any more: whoever makes the answer hears it from the connection
            if not self.begun:
                self.begun = True
                await self._send({"type": "http.response.start", "status": 200, "headers": [_KIND, *_HEADERS]})
            await self._send({"type": "http.response.body", "body": HEARTBEAT.encode(), "more_body": True})
            self._last = self._loop.time()
            self._timer = self._loop.call_later(self._every, self._look)


class BeatingResponse(Response):
    """A stream of Server-Sent Events whose beginning may take long.

    ``begin`` makes the response. An error of it is answered by ``refuse``, with a status, while nothing was sent, or
    raised where there is none; after that it is the stream's last event, which ``late`` writes.
    """

    def __init__(
        self,
        begin: Callable[[], Awaitable[ASGIApp]],
        late: Callable[[SteelyardError], str],
        refuse: Callable[[SteelyardError], ASGIApp] | None = None,
        every: float = EVERY,
    ) -> None:
        super().__init__()
        self._begin = begin
        self._refuse = refuse
        self._late = late
        self._every = every

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Raises what the response raises, and what ``begin`` raises where nobody refuses."""
        beats = Beats(send, self._every)
        try:
            await self._respond(scope, receive, beats, send)
        finally:
            beats.stop()

    async def _respond(self, scope: Scope, receive: Receive, beats: Beats, send: Send) -> None:
        try:
            response = await self._begin()
        except SteelyardError as error:
            if beats.begun:
                body = self._late(error).encode()
                await beats.send({"type": "http.response.body", "body": body, "more_body": False})
                return
            beats.stop()
            if self._refuse is None:
                raise
            await self._refuse(error)(scope, receive, send)
        else:
            await response(scope, receive, beats.send)
