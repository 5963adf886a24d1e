"""Problem documents turned into what a protocol's clients read, whoever made them: the ceiling on bodies, the gate."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.http.problems import MEDIA_TYPE

_FAILED = 400  # a problem has this status or one above it
_REPLACED = frozenset({"content-type", "content-length"})


class Refusal(Protocol):
    """An answer in a protocol's own shape; ``headers`` come on top of those of the problem."""

    @property
    def status(self) -> int:
        """The status."""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON."""

    @property
    def headers(self) -> dict[str, str]:
        """More headers; one that the problem has already stays as it is."""


Shape = Callable[[int, Mapping[str, Any]], Refusal]
Shapes = Sequence[tuple[Callable[[str], bool], Shape]]  # which paths, and how


class Reshape:
    """ASGI middleware around everything that may refuse."""

    def __init__(self, app: ASGIApp, shapes: Shapes) -> None:
        self._app = app
        self._shapes = shapes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; only problems are held back until they are whole."""
        shape = self._shape(scope) if scope["type"] == "http" else None
        if shape is None:
            await self._app(scope, receive, send)
            return
        held: Message | None = None
        data = b""

        async def watched(message: Message) -> None:
            nonlocal held, data
            if message["type"] == "http.response.start" and _is_problem(message):
                held = message
                return
            if held is None:
                await send(message)
                return
            data += message.get("body", b"")
            if not message.get("more_body", False):
                await _reshaped(held, data, shape)(scope, receive, send)

        await self._app(scope, receive, watched)

    def _shape(self, scope: Scope) -> Shape | None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        for is_theirs, shape in self._shapes:
            if is_theirs(path):
                return shape
        return None


def _is_problem(message: Message) -> bool:
    if message["status"] < _FAILED:
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith(MEDIA_TYPE)


def _reshaped(start: Message, data: bytes, shape: Shape) -> JSONResponse:
    refusal = shape(start["status"], json.loads(data or b"{}"))
    theirs = {name: value for name, value in Headers(raw=start["headers"]).items() if name not in _REPLACED}
    ours = {name.lower(): value for name, value in refusal.headers.items()}
    return JSONResponse(refusal.body, refusal.status, headers={**ours, **theirs})
