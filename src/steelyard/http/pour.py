"""Stored files as answers: whole or in parts, never compressed, sent the fastest way that the server knows."""

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from steelyard.core.threads import unabandoned
from steelyard.http.accel import Accel
from steelyard.http.opening import opened
from steelyard.http.problems import from_error
from steelyard.http.ranges import ByteRange, RangeNotSatisfiable, allows_range, content_range, matches, parse_range
from steelyard.http.transfer import ClientLeft, shrank
from steelyard.http.zerocopy import EXTENSION

LAST = 16 * 1024  # bytes that the usage log holds back until it has its event
CHUNK = 1024 * 1024  # 64 KiB took twice the time
_MESSAGE = 16 * 1024 * 1024  # the usage log counts a message before it leaves: of a client that left, so much too many
_THREADS = 8


def file_threads() -> ThreadPoolExecutor:
    """Threads that wait for disks, for as many files at a time as a disk serves well."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="file")


class Pour:
    """The body of one answer, whose start was sent. ``executor`` reads what the server cannot send by itself."""

    def __init__(self, scope: Scope, send: Send, executor: Executor | None = None) -> None:
        self._zero_copy = EXTENSION in (scope.get("extensions") or {})
        self._send = send
        self._executor = executor

    async def pour(self, descriptor: int, start: int, stop: int) -> None:
        """Send the bytes from ``start`` up to ``stop``; more follow.

        Raises ClientLeft when nobody takes them, where the server tells; FileShrank when they are fewer.
        """
        step = _MESSAGE if self._zero_copy else CHUNK
        for position in range(start, stop, step):
            count = min(step, stop - position)
            await (self._named if self._zero_copy else self._read)(descriptor, position, count)

    async def finish(self, last: bytes = b"") -> None:
        """Send the last bytes. The usage log holds them back until it has written that there was an answer."""
        await self._send({"type": "http.response.body", "body": last, "more_body": False})

    async def _named(self, descriptor: int, start: int, count: int) -> None:
        await self._send({"type": EXTENSION, "file": descriptor, "offset": start, "count": count, "more_body": True})

    async def _read(self, descriptor: int, start: int, count: int) -> None:
        loop = asyncio.get_running_loop()
        data = await unabandoned(loop.run_in_executor(self._executor, os.pread, descriptor, count, start))
        if len(data) < count:
            raise shrank()
        await self._send({"type": "http.response.body", "body": data, "more_body": True})


class FileAnswer(Response):
    """The answer to GET or HEAD of one file: 200, 206, 304 or 416, whatever the request's headers ask for."""

    def __init__(
        self,
        file: Path | int,
        *,
        size: int,
        etag: str,
        media_type: str = "application/octet-stream",
        headers: Mapping[str, str] | None = None,
        accel: Accel | None = None,
        executor: Executor | None = None,
    ) -> None:
        """A descriptor belongs to the answer, which closes it. ``size`` in bytes; ``etag`` is strong, in its quotes."""
        super().__init__(headers=headers, media_type=media_type)
        del self.headers["content-length"]
        self.headers["etag"] = etag
        self.headers["accept-ranges"] = "bytes"
        self._file = file
        self._size = size
        self._etag = etag
        self._accel = accel
        self._executor = executor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer. Raises FileGone and FileShrank before anything is sent; that a client left is told to nobody."""
        with ExitStack() as closing:
            if isinstance(self._file, int):
                closing.callback(os.close, self._file)
            await self._answer(scope, receive, send, closing)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, closing: ExitStack) -> None:
        asked = Headers(scope=scope)
        if matches(asked.get("if-none-match"), self._etag):
            self.status_code = 304
            await super().__call__(scope, receive, send)
        elif scope["method"] == "HEAD":
            self.headers["content-length"] = str(self._size)
            await super().__call__(scope, receive, send)
        elif (location := self._elsewhere()) is not None:
            self.headers["x-accel-redirect"] = location
            del self.headers["accept-ranges"]  # nginx says so itself
            self.headers["content-length"] = "0"
            await super().__call__(scope, receive, send)
        else:
            await self._bytes(asked, scope, receive, send, closing)

    def _elsewhere(self) -> str | None:
        if self._accel is None or isinstance(self._file, int):
            return None
        return self._accel.location(self._file)

    async def _bytes(self, asked: Headers, scope: Scope, receive: Receive, send: Send, closing: ExitStack) -> None:
        try:
            part = self._asked_part(asked)
        except RangeNotSatisfiable as error:
            await self._refusal(error)(scope, receive, send)
            return
        if part is None:
            part = ByteRange(0, self._size)
        else:
            self.status_code = 206
            self.headers["content-range"] = content_range(part, self._size)
        with suppress(ClientLeft):
            await self._part(part, scope, send, closing)

    def _asked_part(self, asked: Headers) -> ByteRange | None:
        if not allows_range(asked.get("if-range"), self._etag):
            return None
        return parse_range(asked.get("range"), self._size)

    def _refusal(self, error: RangeNotSatisfiable) -> Response:
        refusal = from_error(error)
        refusal.headers.update({name: value for name, value in self.headers.items() if name != "content-type"})
        refusal.headers["content-range"] = error.content_range
        return refusal

    async def _part(self, part: ByteRange, scope: Scope, send: Send, closing: ExitStack) -> None:
        """The file is opened, and its last bytes are read, before anything is sent."""
        held = ByteRange(max(part.start, part.stop - LAST), part.stop)
        work = asyncio.get_running_loop().run_in_executor(self._executor, opened, self._file, held, closing)
        descriptor, last = await unabandoned(work)
        self.headers["content-length"] = str(part.count)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        pour = Pour(scope, send, self._executor)
        await pour.pour(descriptor, part.start, held.start)
        await pour.finish(last)
