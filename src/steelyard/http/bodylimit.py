"""A ceiling on request bodies: everything the depot is asked fits into a fraction of it."""

import re
from collections.abc import Sequence
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.core.errors import SteelyardError
from steelyard.http.problems import from_error

MAX_BYTES = 1024 * 1024


class BodyTooLarge(SteelyardError):
    """The request's body is beyond anything that could be meant."""

    status = 413
    slug = "body-too-large"
    title = "The request is too large"


class BodyLimit:
    """ASGI middleware: counts what comes in, and says so before the route has to hold it all.

    ``unbounded`` are the methods and paths of routes that take what comes piece by piece, and have limits of their own.
    """

    def __init__(self, app: ASGIApp, unbounded: Sequence[tuple[str, re.Pattern[str]]] = ()) -> None:
        self._app = app
        self._unbounded = unbounded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 413."""
        if scope["type"] != "http" or self._is_unbounded(scope):
            await self._app(scope, receive, send)
            return
        if _announced(scope) > MAX_BYTES:
            await from_error(_error())(scope, receive, send)
            return
        started, size = False, 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BYTES and started:
                return {"type": "http.disconnect"}  # the answer is on its way; nobody reads the rest
            if size > MAX_BYTES:
                raise _error()
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            if started or size <= MAX_BYTES:  # FastAPI makes a 400 of whatever breaks its reading; ours is the answer
                started = True
                await send(message)

        with suppress(BodyTooLarge):
            await self._app(scope, counted, watched)
        if size > MAX_BYTES and not started:
            await from_error(_error())(scope, receive, send)

    def _is_unbounded(self, scope: Scope) -> bool:
        if not self._unbounded:
            return False
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return any(scope["method"] == method and pattern.fullmatch(path) for method, pattern in self._unbounded)


def _announced(scope: Scope) -> int:
    value = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(value) if value.isdigit() else 0


def _error() -> BodyTooLarge:
    return BodyTooLarge(f"A request may have {MAX_BYTES} bytes.", hint="Send fewer things in one request.")
