"""Headscale's nodes, kept whole: a request looks into a dictionary, and the list is renewed behind its back."""

import asyncio
import logging

from steelyard.core.clock import Clock
from steelyard.identity.tailnet.addresses import spelled
from steelyard.identity.tailnet.headscale_api import HeadscaleApi
from steelyard.identity.tailnet.models import TailnetPerson
from steelyard.identity.tailnet.nodes import People
from steelyard.identity.tailnet.trouble import Standing, Trouble

logger = logging.getLogger(__name__)
_FIRST_PAUSE = 5.0  # seconds, between two times of asking while it does not answer
_LONGEST_PAUSE = 60.0
_QUIET = 5  # a list this many times its age of renewal is from before a quiet time: worth a short wait


class HeadscaleWhois:
    """Answers from the last list. Times are in seconds.

    A list is renewed after ``cache_seconds``. While Headscale does not answer, the last one counts for
    ``stale_seconds``, then nobody is known. Requests wait ``budget`` at most, together and only while there is no list
    that they could be answered from.
    """

    def __init__(
        self, api: HeadscaleApi, clock: Clock, *, cache_seconds: float, stale_seconds: float, budget: float
    ) -> None:
        self._api = api
        self._clock = clock
        self._cache_seconds = cache_seconds
        self._stale_seconds = stale_seconds
        self._budget = budget
        self._standing = Standing("Headscale", clock, first_pause=_FIRST_PAUSE, longest_pause=_LONGEST_PAUSE)
        self._people: People | None = None
        self._asked_at = 0.0
        self._renewal: asyncio.Task[None] | None = None
        self._wait_until = 0.0
        self._closed = False

    async def person(self, address: str) -> TailnetPerson | None:
        """Whose address it is, by the last list."""
        key = spelled(address)
        if key is None:
            return None
        if self._is_due():
            self._renew()
        await self._wait_for_list()
        if self._people is None or self._age > max(self._stale_seconds, self._cache_seconds):
            return None
        return self._people.get(key)

    async def close(self) -> None:
        """Stop asking; the last list stays."""
        self._closed = True
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait({self._renewal})
        await self._api.close()

    @property
    def _age(self) -> float:
        return self._clock.monotonic() - self._asked_at

    def _is_due(self) -> bool:
        if self._closed or self._standing.is_pausing or (self._renewal is not None and not self._renewal.done()):
            return False
        return self._people is None or self._age >= self._cache_seconds

    def _renew(self) -> None:
        self._wait_until = asyncio.get_running_loop().time() + self._budget
        self._renewal = asyncio.create_task(self._ask(), name="headscale nodes")

    async def _ask(self) -> None:
        moment = self._clock.monotonic()
        try:
            self._people = await self._api.people()
        except Trouble as trouble:
            self._standing.met(trouble)
            return
        except Exception:
            self._standing.met(Trouble("The depot could not read Headscale's nodes.", "This is our fault: report it."))
            logger.exception("reading Headscale's nodes failed")
            return
        self._asked_at = moment
        self._standing.over()

    async def _wait_for_list(self) -> None:
        """The first requests wait for the first list, once for all of them: who comes later than that does not, and
        nobody does while Headscale is known to be in trouble."""
        if self._renewal is None or self._renewal.done() or self._standing.is_in_trouble:
            return
        if self._people is not None and self._age < _QUIET * self._cache_seconds:
            return
        rest = self._wait_until - asyncio.get_running_loop().time()
        if rest > 0:
            await asyncio.wait({self._renewal}, timeout=rest)
