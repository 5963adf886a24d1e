"""Server-Sent Events (WHATWG HTML, section 9.2)."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Header
from pydantic_core import to_json
from starlette.responses import StreamingResponse

# Browsers send it when they connect again; what is no id of ours means that everything is new.
LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="the id of the last event that was heard, to go on from there"),
]
HEARTBEAT = ": still here\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx holds streams back unless told


def event(data: Any, name: str | None = None, identifier: str | None = None) -> str:
    """One event with a JSON body on a single ``data`` line."""
    head = f"id: {identifier}\n" if identifier else ""
    head += f"event: {name}\n" if name else ""
    return f"{head}data: {to_json(data, inf_nan_mode='null').decode()}\n\n"


def mark(identifier: str) -> str:
    """An id without an event: from here on nothing will be missed."""
    return f"id: {identifier}\n\n"


def response(events: AsyncIterator[str]) -> StreamingResponse:
    """A stream that proxies do not buffer and nobody caches."""
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)
