"""A stand-in for tailscaled's LocalAPI: ``whois`` on a Unix socket, with faults on demand."""

import asyncio
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

_HOST = "local-tailscaled.sock"
_STOP_WITHIN = 0.2  # seconds that answers under way get when it closes


@dataclass
class StubProfile:
    """Whom an address belongs to; tags make a machine of it."""

    id: int
    login: str
    display_name: str = ""
    tags: list[str] = field(default_factory=list)

    def written(self) -> dict[str, Any]:
        """The answer to ``whois``."""
        tagged = {"Tags": self.tags} if self.tags else {}
        return {
            "Node": {"ID": 7, "StableID": "n7", "Name": "laptop.tailnet.example.", "User": self.id, **tagged},
            "UserProfile": {"ID": self.id, "LoginName": self.login, "DisplayName": self.display_name},
            "CapMap": None,
        }


class StubTailscaled:
    """tailscaled, listening on ``socket`` inside ``async with``.

    To be changed at any time: ``people``, by address. Faults: ``held`` waits until the event is set, ``status``
    answers with it, ``body`` sends this instead. ``requests`` has the ``addr`` of every request.
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.people: dict[str, StubProfile] = {}
        self.held: asyncio.Event | None = None
        self.status: int | None = None
        self.body: bytes | None = None
        self.requests: list[str] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/localapi/v0/whois", self._serve)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_STOP_WITHIN)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self.socket)).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        address = request.query.get("addr", "")
        self.requests.append(address)
        if self.held is not None:
            await self.held.wait()
        if request.host != _HOST or request.headers.get("Origin") or request.headers.get("Referer"):
            return web.Response(status=403, text="invalid localapi request")
        return self._answer(address)

    def _answer(self, address: str) -> web.Response:
        if self.status is not None:
            return web.Response(status=self.status, text="as told")
        if self.body is not None:
            return web.Response(body=self.body, content_type="application/json")
        found = self.people.get(_without_port(address))
        return web.json_response(found.written()) if found else web.Response(status=404, text="no match for IP:port")


def _without_port(address: str) -> str:
    """The IP of ``IP:PORT``. Raises ValueError: earlier versions of tailscaled take nothing else."""
    host, _, port = address.rpartition(":")
    int(port)
    return str(ip_address(host.strip("[]")))
