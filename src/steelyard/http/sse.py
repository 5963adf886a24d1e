"""Server-Sent Events (WHATWG HTML, section 9.2)."""

import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

HEARTBEAT = ": still here\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx holds streams back unless told


def event(data: Any, name: str | None = None, identifier: str | None = None) -> str:
    """One event with a JSON body on a single ``data`` line."""
    head = f"id: {identifier}\n" if identifier else ""
    head += f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, separators=(',', ':'))}\n\n"


def response(events: AsyncIterator[str]) -> StreamingResponse:
    """A stream that proxies do not buffer and nobody caches."""
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)
