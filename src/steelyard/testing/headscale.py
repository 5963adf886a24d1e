"""A stand-in for Headscale: a real HTTP server on 127.0.0.1 that lists nodes in three dialects, with faults on demand.

Field names follow Headscale's published OpenAPI of v0.29.2 (``v1Node``, ``v1User``); the earlier dialects follow the
files of v0.22.3 and v0.26.1.
"""

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

Dialect = Literal["0.22", "0.23", "0.28"]
JsonObject = dict[str, Any]
_BORN = "2026-01-01T09:30:00.123456789Z"
_NOT_FOUND = {"code": 5, "message": "Not Found", "details": list[str]()}
_STOP_WITHIN = 0.2  # seconds that answers under way get when it closes


@dataclass
class StubUser:
    """A user of Headscale; whoever signs in through OpenID Connect has no ``name`` there."""

    id: str
    name: str = ""
    email: str = ""
    display_name: str = ""

    def written(self, dialect: Dialect) -> JsonObject:
        """The user as this dialect writes it."""
        early = {"id": self.id, "name": self.name, "createdAt": _BORN}
        if dialect == "0.22":
            return early
        signed_in = {"providerId": "", "provider": "oidc" if self.email else "", "profilePicUrl": ""}
        return {**early, "displayName": self.display_name, "email": self.email, **signed_in}


_TAGGED_USER = StubUser("2147455555", "tagged-devices")


@dataclass
class StubNode:
    """A node: whose it is, and its addresses. Tags make a machine of it."""

    user: StubUser
    addresses: list[str]
    tags: list[str] = field(default_factory=list)
    refused_tags: list[str] = field(default_factory=list)
    name: str = "laptop"

    def written(self, number: int, dialect: Dialect) -> JsonObject:
        """The node as this dialect writes it."""
        tagged = _TAGGED_USER if dialect == "0.28" and self.tags else self.user
        return {
            "id": str(number), "machineKey": f"mkey:{number:064x}", "nodeKey": f"nodekey:{number:064x}",
            "discoKey": f"discokey:{number:064x}", "ipAddresses": self.addresses, "name": self.name,
            "user": tagged.written(dialect), "lastSeen": _BORN, "expiry": None, "preAuthKey": None,
            "createdAt": _BORN, "registerMethod": "REGISTER_METHOD_CLI", "givenName": self.name, "online": True,
            **self._of_dialect(dialect),
        }  # fmt: skip

    def _of_dialect(self, dialect: Dialect) -> JsonObject:
        early = {"forcedTags": self.tags, "invalidTags": self.refused_tags, "validTags": list[str]()}
        routes = {"approvedRoutes": list[str](), "availableRoutes": list[str](), "subnetRoutes": list[str]()}
        if dialect == "0.22":
            return {**early, "lastSuccessfulUpdate": _BORN}
        return {**early, **routes} if dialect == "0.23" else {**routes, "tags": self.tags}


class StubHeadscale:
    """Headscale, listening at ``url`` inside ``async with``.

    To be changed at any time: ``nodes``; ``dialect``, as an upgrade does; ``api_key``, after which the earlier one is
    refused with 401. Faults: ``down`` breaks every connection, ``slow`` waits so many seconds, ``held`` waits until
    the event is set, ``status`` answers with it, ``body`` sends this instead of the list, ``moved_to`` redirects.
    ``requests`` has the path of every request, ``answered`` counts those that got an answer.
    """

    def __init__(self, dialect: Dialect = "0.28", api_key: str = "hskey-api-stand-in") -> None:
        self.dialect: Dialect = dialect
        self.api_key = api_key
        self.nodes: list[StubNode] = []
        self.down = False
        self.slow = 0.0
        self.held: asyncio.Event | None = None
        self.status: int | None = None
        self.body: bytes | None = None
        self.moved_to: str | None = None
        self.requests: list[str] = []
        self.answered = 0
        self.url = ""
        self._runner: web.AppRunner | None = None

    def listed(self) -> JsonObject:
        """The whole answer as the dialect writes it."""
        name = "machines" if self.dialect == "0.22" else "nodes"
        return {name: [node.written(number, self.dialect) for number, node in enumerate(self.nodes, 1)]}

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_STOP_WITHIN)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        if self.down:
            await _broken(request)
        await asyncio.sleep(self.slow)
        if self.held is not None:
            await self.held.wait()
        self.answered += 1
        return self._answer(request)

    def _answer(self, request: web.Request) -> web.Response:
        if self.moved_to is not None:
            return web.Response(status=302, headers={"Location": self.moved_to})
        if self.status is not None:
            return web.json_response({"code": 13, "message": "as told"}, status=self.status)
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return web.Response(status=401, text="Unauthorized")
        if request.path != ("/api/v1/machine" if self.dialect == "0.22" else "/api/v1/node"):
            return web.json_response(_NOT_FOUND, status=404)
        if self.body is not None:
            return web.Response(body=self.body, content_type="application/json")
        return web.json_response(self.listed())


async def _broken(request: web.Request) -> None:
    """Break the connection. The server cancels whoever serves it."""
    if request.transport is not None:
        request.transport.abort()
    await asyncio.Event().wait()
