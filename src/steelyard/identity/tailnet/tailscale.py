"""Asks tailscaled on this machine whose address it is, and remembers the answers for a while.

LocalAPI over its Unix socket, ``GET /localapi/v0/whois?addr=IP:PORT``: 404 for nobody's, 403 without the right to read;
``{Node, UserProfile}`` else (tailscale ``ipn/localapi``, ``client/tailscale/apitype``). It serves Headscale's tailnets
as well.
"""

import asyncio
from dataclasses import dataclass

from steelyard.core.clock import Clock
from steelyard.identity.tailnet.addresses import spelled
from steelyard.identity.tailnet.local_api import LocalApi
from steelyard.identity.tailnet.models import TailnetPerson
from steelyard.identity.tailnet.trouble import Standing, Trouble

_MOST_KNOWN = 4096  # addresses
_MOST_ASKED = 64  # at the same time; more are answered as nobody's
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_NOBODY_SECONDS = 15.0
_STALE_SECONDS = 600.0  # how long an answer outlives its time when no new one came


@dataclass(frozen=True, slots=True)
class _Known:
    person: TailnetPerson | None
    until: float


class TailscaleWhois:
    """Answers about a person are kept for ``cache_seconds``, about nobody for 15 s or less. A request waits as long
    as ``api`` does, at most."""

    def __init__(self, api: LocalApi, clock: Clock, *, cache_seconds: float, most_known: int = _MOST_KNOWN) -> None:
        self._api = api
        self._clock = clock
        self._most_known = most_known
        self._keep = {True: cache_seconds, False: min(cache_seconds, _NOBODY_SECONDS)}
        self._standing = Standing("tailscaled", clock, first_pause=_FIRST_PAUSE, longest_pause=_LONGEST_PAUSE)
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    async def person(self, address: str) -> TailnetPerson | None:
        """Whose address it is."""
        key = spelled(address)
        if key is None:
            return None
        if self._is_due(key):
            self._asking[key] = asyncio.create_task(self._ask(key), name="tailscaled whois")
        if key in self._asking:
            await asyncio.wait({self._asking[key]})  # it ends within the budget of the api
        return self._remembered(key)

    async def close(self) -> None:
        """Stop asking; what is known stays."""
        self._closed = True
        asked = list(self._asking.values())
        for task in asked:
            task.cancel()
        if asked:
            await asyncio.wait(asked)
        await self._api.close()

    def _is_due(self, key: str) -> bool:
        known = self._known.get(key)
        if known is not None and self._clock.monotonic() < known.until:
            return False
        if self._closed or self._standing.is_pausing:
            return False
        return key not in self._asking and len(self._asking) < _MOST_ASKED

    async def _ask(self, key: str) -> None:
        try:
            person = await self._api.whois(key)
        except Trouble as trouble:
            self._standing.met(trouble)
            return
        finally:
            del self._asking[key]
        self._standing.over()
        self._remember(key, person)

    def _remember(self, key: str, person: TailnetPerson | None) -> None:
        self._known.pop(key, None)
        if len(self._known) >= self._most_known:
            del self._known[next(iter(self._known))]
        self._known[key] = _Known(person, self._clock.monotonic() + self._keep[person is not None])

    def _remembered(self, key: str) -> TailnetPerson | None:
        known = self._known.get(key)
        if known is None:
            return None
        return known.person if self._clock.monotonic() < known.until + _STALE_SECONDS else None
