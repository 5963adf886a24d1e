"""Every request by a person or a program becomes an event before the last byte of its answer leaves."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.http.problems import from_error
from steelyard.identity.names import InvalidName
from steelyard.identity.people import People, declared_name
from steelyard.identity.principal import Caller
from steelyard.usage.events import API_REQUEST, Event
from steelyard.usage.recorder import Recorder

logger = logging.getLogger(__name__)
_COUNTED = ("/api/", "/jobs", "/pull", "/chat", "/v1/", "/pages/")  # not probes, metrics, our pages' own refresh
STATE = "usage_note"
_BROKEN = 500


@dataclass(slots=True)
class UsageNote:
    """What a route tells the log about its request; the middleware fills in the rest."""

    type: str = API_REQUEST
    model: str | None = None
    caller: Caller | None = None


class AccessLog:
    """ASGI middleware around the routes."""

    def __init__(self, app: ASGIApp, recorder: Recorder, people: People, clock: Clock) -> None:
        self._app = app
        self._recorder = recorder
        self._people = people
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and hold the last byte until the event is on disk."""
        path = scope["path"].removeprefix(scope.get("root_path", "")) if scope["type"] == "http" else ""
        if not path.startswith(_COUNTED):
            await self._app(scope, receive, send)
            return
        watch = _Watch(self._clock.now())
        scope.setdefault("state", {})[STATE] = watch.note
        await self._watched(scope, receive, send, watch)

    async def _watched(self, scope: Scope, receive: Receive, send: Send, watch: "_Watch") -> None:
        async def recorded(message: Message) -> None:
            watch.see(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                event = await self._event(scope, watch)
                watch.written = True
                await self._recorder.record(event)
            await send(message)

        try:
            await _answer(self._app, scope, receive, recorded)
        except (OSError, ClientDisconnect):  # the client left: what it got was right
            raise
        except Exception:
            watch.status = _BROKEN  # whatever the answer began with, it did not come to its end
            raise
        finally:
            if not watch.written:  # the client left, or the route broke: still a request
                self._recorder.submit(await self._event(scope, watch))

    async def _event(self, scope: Scope, watch: "_Watch") -> Event:
        caller = watch.note.caller or await self._caller(scope)
        return Event(
            type=watch.note.type, at=watch.started_at, model=watch.note.model,
            principal=caller.principal.id if caller else None, address=caller.address if caller else None,
            agent=caller.user_agent or None if caller else None, success=watch.status < 400,
            error_code=None if watch.status < 400 else str(watch.status), bytes_out=watch.bytes_out,
            duration_ms=round((time.monotonic() - watch.started) * 1000, 3),
        )  # fmt: skip

    async def _caller(self, scope: Scope) -> Caller | None:
        try:
            return await self._people.caller(scope)
        except InvalidName:  # answered with 422 already
            return None
        except (SQLAlchemyError, Unavailable):
            logger.exception("an event is written without its principal")
            return None


async def _answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """A name that cannot be one is refused here, before any route has done anything for its sake."""
    try:
        declared_name(scope)
    except InvalidName as error:
        await from_error(error)(scope, receive, send)
        return
    await app(scope, receive, send)


class _Watch:
    """What one answer turned out to be."""

    def __init__(self, started_at: datetime) -> None:
        self.note = UsageNote()
        self.started_at = started_at
        self.started = time.monotonic()
        self.status = _BROKEN
        self.bytes_out = 0
        self.written = False

    def see(self, message: Message) -> None:
        """Take in one message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
