"""A ceiling on request bodies: everything the depot is asked fits into a fraction of it."""

import re
from collections.abc import Sequence
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.core.errors import SteelyardError
from steelyard.http.fields import field
from steelyard.http.problems import from_error
from steelyard.http.structure import Structure

MAX_BYTES = 1024 * 1024
MAX_ROOMY_BYTES = 32 * 1024 * 1024  # a conversation of 10,000 messages, or one with pictures
# Reading 24 MB of empty lists held up every other request for ten seconds; no thread helps, as parsers keep the lock.
# 20,000 messages with parts and calls have 140,000 of each; the longest context of Ollama's has 131,072 numbers.
MAX_BRACKETS, MAX_COMMAS = 200_000, 200_000
Routes = Sequence[tuple[str, re.Pattern[str]]]


class BodyTooLarge(SteelyardError):
    """The request's body is beyond anything that could be meant."""

    status = 413
    slug = "body-too-large"
    title = "The request is too large"


class BodyLimit:
    """ASGI middleware: counts what comes in, and says so before the route has to hold it all, or to parse it.

    ``unbounded`` are the methods and paths of routes that take what comes piece by piece, and have limits of their own;
    ``roomy`` those that take ``MAX_ROOMY_BYTES``.
    """

    def __init__(self, app: ASGIApp, unbounded: Routes = (), roomy: Routes = ()) -> None:
        self._app = app
        self._unbounded = unbounded
        self._roomy = roomy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 413."""
        if scope["type"] != "http" or is_small(scope) or _is_among(self._unbounded, scope):
            await self._app(scope, receive, send)
            return
        most = MAX_ROOMY_BYTES if _is_among(self._roomy, scope) else MAX_BYTES
        if _announced(scope) > most:
            await from_error(_error(most))(scope, receive, send)
            return
        started, tally = False, _Tally(most)

        async def counted() -> Message:
            message = await receive()
            tally.count(message.get("body", b""), is_last=not message.get("more_body", False))
            if tally.error is not None and started:
                return {"type": "http.disconnect"}  # the answer is on its way; nobody reads the rest
            if tally.error is not None:
                raise tally.error
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if started or tally.error is None:  # FastAPI makes a 400 of whatever breaks its reading; ours is the answer
                started = True
                await send(message)

        with suppress(BodyTooLarge):
            await self._app(scope, counted, watched)
        if tally.error is not None and not started:
            await from_error(tally.error)(scope, receive, send)


class _Tally:
    """What came of one body; ``error`` once that is too much."""

    def __init__(self, most: int) -> None:
        self.error: BodyTooLarge | None = None
        self._most = most
        self._size = 0
        self._structure = Structure()

    def count(self, data: bytes, *, is_last: bool) -> None:
        self._size += len(data)
        if self._size > self._most:
            self.error = _error(self._most)
            return
        if is_last and self._size <= MAX_COMMAS:  # nor can it have more values; nearly all are as small
            return
        self._structure.count(data)
        if self._structure.brackets > MAX_BRACKETS or self._structure.commas > MAX_COMMAS:
            self.error = BodyTooLarge("The request has too many values.", hint="Send fewer things in one request.")


def _is_among(routes: Routes, scope: Scope) -> bool:
    path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
    return any(scope["method"] == method and pattern.fullmatch(path) for method, pattern in routes)


def is_small(scope: Scope) -> bool:
    """Whether the body cannot be too much of anything: the server takes no more bytes than were announced, and that few
    have few values. Nearly all are, and counting took a thirtieth of the time of a short answer."""
    return 0 < _announced(scope) <= MAX_COMMAS and field(scope, b"transfer-encoding") is None


def _announced(scope: Scope) -> int:
    value = field(scope, b"content-length") or ""
    return int(value) if value.isascii() and value.isdigit() else 0


def _error(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"A request may have {most} bytes.", hint="Send fewer things in one request.")
