"""The answer about a file that comes in while it is sent."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from steelyard.catalog.models import File
from steelyard.catalog.status import is_pickle
from steelyard.core.errors import SteelyardError
from steelyard.core.threads import ended
from steelyard.dialects.huggingface.headers import Headers
from steelyard.downloads.arrivals import Arrivals
from steelyard.downloads.mirror.errors import Torn
from steelyard.downloads.mirror.stream import AHEAD, HELD_BACK, Incoming, Span
from steelyard.http.metrics import WAY
from steelyard.http.pour import LAST, Pour
from steelyard.http.ranges import ByteRange, content_range
from steelyard.http.transfer import ClientLeft, FileShrank
from steelyard.sources.errors import UpstreamUnavailable
from steelyard.usage.note import note

logger = logging.getLogger(__name__)
_HEADERS_WITHIN = 4.0  # seconds: clients wait ten for an answer to begin, and for each piece of it
PassThrough = Callable[[int, int], AbstractAsyncContextManager[AsyncIterator[bytes]]]
Refuse = Callable[[SteelyardError], Response]
IsDoubted = Callable[[], Awaitable[bool]]


class ComingAnswer(Response):
    """200 or 206 with the bytes as they come in.

    What goes wrong before the first byte is told by ``refuse``; later the connection is cut, and the client goes on
    where it was. A part that the fetch reaches too late is passed through from the hub if it has an end. Who goes on
    where they were gets all of the file: at its end they would take it for right, and nobody would have looked.
    Nor is the end of what may run code passed through: nobody would have scanned it.
    """

    def __init__(
        self, file: File, part: ByteRange | None, stream: Incoming, arrivals: Arrivals,
        pass_through: PassThrough, refuse: Refuse, headers: Headers, executor: Executor | None,
        is_doubted: IsDoubted | None = None,
    ) -> None:  # fmt: skip
        """``is_doubted`` tells whether whoever goes on may hold wrong bytes."""
        super().__init__()
        self.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        self._file = file
        self._part = part
        self._start, self._stop = (part.start, part.stop) if part else (0, file.size)
        self._stream = stream
        self._arrivals = arrivals
        self._pass_through = pass_through
        self._refuse = refuse
        self._executor = executor
        self._is_doubted = is_doubted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; that a client left is told to nobody."""
        try:
            if self._may_be_passed and self._start > self._stream.arrived() + AHEAD:
                await self._too_late(scope, receive, send)
            else:
                await self._follow(scope, receive, send)
        except ClientLeft:
            return
        except (Torn, FileShrank) as error:
            logger.warning("an answer was cut off", extra={"file": self._file.path, "reason": type(error).__name__})
        finally:
            self._stream.close()

    async def _follow(self, scope: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.ensure_future(_gone(receive))
        spans = self._stream.spans(self._start, self._stop, self._arrivals, leaving.done)
        async with aclosing(spans):
            first = asyncio.ensure_future(anext(spans, None))
            try:
                await asyncio.wait({first}, timeout=_HEADERS_WITHIN)
                if self._may_be_passed and not first.done() and self._start > self._stream.arrived():
                    await _stopped(first, leaving)
                    await self._too_late(scope, receive, send)
                    return
                await self._told(first, spans, scope, receive, send)
            finally:
                await _stopped(first, leaving)

    @property
    def _may_be_passed(self) -> bool:
        is_open = self._part is None or self._part.is_open  # gets the whole file then, from its part
        return is_open or not is_pickle(self._file.path) or self._stop <= self._file.size - HELD_BACK

    async def _require_trusted(self) -> None:
        """Raises Torn for whoever goes on behind bytes that turned out to be wrong since they asked.

        Asked with the file open: that bytes were wrong is on record before another file takes their place.
        """
        goes_on = self._part is not None and self._part.is_open and self._part.start > 0
        if goes_on and self._is_doubted is not None and await self._is_doubted():
            raise Torn

    async def _told(
        self, first: "asyncio.Future[Span | None]", spans: AsyncIterator[Span], scope: Scope, receive: Receive,
        send: Send,
    ) -> None:  # fmt: skip
        error = first.exception() if first.done() else None
        if isinstance(error, ClientLeft):
            raise error
        if isinstance(error, SteelyardError):
            await self._refuse(error)(scope, receive, send)
            return
        await self._begin(send)
        pour = Pour(scope, send, self._executor)
        try:
            span = await first
            await self._require_trusted()
            while span is not None:
                if await self._sent(pour, span):
                    return
                span = await anext(spans, None)
            await pour.finish()
        except SteelyardError as error:
            logger.warning("an answer was cut off", extra={"file": self._file.path, "reason": error.detail})

    async def _sent(self, pour: Pour, span: Span) -> bool:
        """Send some bytes; whether they were the last, which the usage log holds back for a moment."""
        is_last = span.stop == self._stop
        held = min(LAST, span.stop - span.start) if is_last else 0
        await pour.pour(span.descriptor, span.start, span.stop - held)
        if is_last:
            await pour.finish(os.pread(span.descriptor, held, span.stop - held))
        return is_last

    async def _too_late(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._part is None or not self._part.is_open:
            await self._pass(scope, receive, send)
            return
        self._part, self._start, self._stop = None, 0, self._file.size
        await self._follow(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PassedAnswer(
            self._file, self._start, self._stop, self._part, self._pass_through, self._refuse, self.raw_headers
        )(scope, receive, send)

    async def _begin(self, send: Send) -> None:
        await send(begun(self._file, self._part, self.raw_headers))


class PassedAnswer(Response):
    """A part of a file straight from the hub."""

    def __init__(
        self, file: File, start: int, stop: int, part: ByteRange | None, pass_through: PassThrough, refuse: Refuse,
        headers: list[tuple[bytes, bytes]],
    ) -> None:  # fmt: skip
        super().__init__()
        self.raw_headers = headers
        self._file = file
        self._start = start
        self._stop = stop
        self._part = part
        self._pass_through = pass_through
        self._refuse = refuse
        self._has_begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; what goes wrong after the beginning cuts the connection."""
        scope.setdefault("state", {})[WAY] = "passed"
        note(Request(scope), parameters={"passed_through": True})
        logger.info("passed through", extra={"file": self._file.path, "start": self._start})
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            await self._passed(send, leaving)
        except SteelyardError as error:
            if not self._has_begun:
                await self._refuse(error)(scope, receive, send)
            else:
                logger.warning("an answer was cut off", extra={"file": self._file.path, "reason": error.detail})
        finally:
            leaving.cancel()
            await ended([leaving])

    async def _passed(self, send: Send, leaving: "asyncio.Future[None]") -> None:
        """Until the client has it, or has left: a server takes what is sent to nobody without a word."""
        left = self._stop - self._start
        async with self._pass_through(self._start, self._stop) as chunks:
            await send(begun(self._file, self._part, self.raw_headers))
            self._has_begun = True
            async for chunk in chunks:
                if leaving.done():
                    return
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
        if left:
            raise UpstreamUnavailable(f"{self._file.path} ended {left} bytes too early.")


def begun(file: File, part: ByteRange | None, headers: list[tuple[bytes, bytes]]) -> dict[str, object]:
    """The start of an answer with all or a part of a file."""
    size = part.count if part else file.size
    own = [(b"content-length", str(size).encode())]
    if part is not None:
        own.append((b"content-range", content_range(part, file.size).encode()))
    return {"type": "http.response.start", "status": 206 if part else 200, "headers": [*headers, *own]}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stopped(*tasks: "asyncio.Future[Any]") -> None:
    for task in tasks:
        task.cancel()
    await ended(tasks)
