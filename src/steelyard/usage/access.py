"""Every request by a person or a program becomes an event before the last byte of its answer leaves."""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv6Address, ip_network
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.http.express import EXPRESS
from steelyard.http.problems import from_error
from steelyard.http.zerocopy import EXTENSION as ZERO_COPY
from steelyard.identity.holder import NotSignedIn
from steelyard.identity.names import InvalidName
from steelyard.identity.people import People, declared_name
from steelyard.identity.principal import Caller
from steelyard.identity.privacy import is_hashed, parse_address
from steelyard.identity.tables import NO_ROW
from steelyard.usage.events import API_REQUEST, Event
from steelyard.usage.recorder import Recorder

logger = logging.getLogger(__name__)
# Not probes, metrics and our pages' own refresh.
_COUNTED = ("/api/", "/jobs", "/pull", "/chat", "/v1/", "/pages/", "/hf/", "/u/")
STATE = "usage_note"
_BROKEN = 500
_BODILESS = frozenset({204, 304})
_SITE_BITS = 64  # one subscriber of IPv6 has at least so many addresses (RFC 6177)


@dataclass(slots=True)
class UsageNote:
    """What a route tells the log about its request; the middleware fills in the rest."""

    type: str = API_REQUEST
    model: str | None = None
    caller: Caller | None = None
    session: str | None = None
    parameters: dict[str, Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)  # other columns of the event, as the route knows them better


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

        async def recorded(message: Message) -> None:
            watch.see(message)
            if message["type"] == "http.response.start" and _is_whole(scope, message):
                watch.head = message  # goes out together with the body, in one packet
                return
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                event = await self._event(scope, watch)
                watch.written = True
                await self._recorder.record(event)
            if watch.head is not None:
                head, watch.head = watch.head, None
                await send(head)
            await send(message)

        try:
            await _answering(self._app, scope)(scope, receive, recorded)
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
        principal, address, agent = _traces(caller)
        seen: dict[str, Any] = {
            "type": watch.note.type, "at": watch.started_at, "model": watch.note.model, "principal": principal,
            "address": address, "agent": agent, "success": watch.status < 400,
            "error_code": None if watch.status < 400 else str(watch.status), "bytes_out": watch.bytes_out,
            "duration_ms": round((time.monotonic() - watch.started) * 1000, 3), "session": watch.note.session,
            "parameters": watch.note.parameters,
        }  # fmt: skip
        return Event(**(seen | watch.note.more))

    async def _caller(self, scope: Scope) -> Caller | None:
        try:
            return await self._people.caller(scope)
        except (InvalidName, NotSignedIn):  # answered with 422 or 401 already
            return None
        except Unavailable as error:
            logger.warning("an event is written without its principal", extra={"reason": error.detail})
            return None
        except SQLAlchemyError:
            logger.exception("an event is written without its principal")
            return None


def _answering(app: ASGIApp, scope: Scope) -> ASGIApp:
    """A name that cannot be one is refused here, before any route has done anything for its sake."""
    try:
        declared_name(scope)
    except InvalidName as error:
        return from_error(error)
    return app


def _is_whole(scope: Scope, head: Message) -> bool:
    """Whether the body is there with its head, or there is none: a client that has the head has all of the answer then.

    Of files the head tells how long they are before their bytes come.
    """
    if scope["method"] == "HEAD" or head["status"] in _BODILESS:
        return True
    length = [value for name, value in head["headers"] if name == b"content-length"]
    return bool(length) and (EXPRESS in scope["state"] or length == [b"0"])


def _traces(caller: Caller | None) -> tuple[int | None, str | None, str | None]:
    """The principal, the address and the program that an event keeps.

    Of whoever is nobody here it keeps the address alone, of IPv6 its network of 64 bits, and a hash not at all: each of
    their requests could bring a new one, and each new one is a row for ever.
    """
    if caller is None:
        return None, None, None
    if caller.principal.id != NO_ROW:
        return caller.principal.id, caller.address, caller.user_agent or None
    return None, _site(caller.address), None


def _site(address: str) -> str | None:
    found = parse_address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _SITE_BITS), strict=False))
    return None if is_hashed(address) else address


class _Watch:
    """What one answer turned out to be."""

    def __init__(self, started_at: datetime) -> None:
        self.note = UsageNote()
        self.started_at = started_at
        self.started = time.monotonic()
        self.status = _BROKEN
        self.bytes_out = 0
        self.written = False
        self.head: Message | None = None

    def see(self, message: Message) -> None:
        """Take in one message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
        elif message["type"] == ZERO_COPY:
            self.bytes_out += message["count"]
