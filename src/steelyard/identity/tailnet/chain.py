"""Those who are asked, one after the other, and how they are made from the settings."""

from collections.abc import Sequence

from steelyard.core.clock import Clock
from steelyard.identity.tailnet.headscale import HeadscaleWhois
from steelyard.identity.tailnet.headscale_api import HeadscaleApi
from steelyard.identity.tailnet.local_api import LocalApi
from steelyard.identity.tailnet.models import TailnetPerson, Whois
from steelyard.identity.tailnet.settings import TailnetSettings
from steelyard.identity.tailnet.tailscale import TailscaleWhois

BUDGET = 0.2  # seconds that one request waits at most for all of them together


class WhoisChain:
    """The first that knows the person says so."""

    def __init__(self, asked: Sequence[Whois]) -> None:
        self._asked = asked

    async def person(self, address: str) -> TailnetPerson | None:
        """Whose address it is."""
        for whois in self._asked:
            person = await whois.person(address)
            if person is not None:
                return person
        return None

    async def close(self) -> None:
        """Close all of them."""
        for whois in self._asked:
            await whois.close()


def open_whois(settings: TailnetSettings, clock: Clock) -> Whois | None:
    """Whoever the settings name, tailscaled first; None when they name nobody. Nothing is asked before the first
    request."""
    asked: list[Whois] = []
    if settings.tailscale:
        asked.append(_tailscale(settings, clock))
    if settings.headscale_url is not None:
        asked.append(_headscale(settings, clock))
    return WhoisChain(asked) if asked else None


def share(settings: TailnetSettings) -> float:
    """The seconds that each of them may take."""
    return BUDGET / 2 if settings.tailscale and settings.headscale_url is not None else BUDGET


def _tailscale(settings: TailnetSettings, clock: Clock) -> TailscaleWhois:
    api = LocalApi(settings.tailscale_socket, budget=share(settings))
    return TailscaleWhois(api, clock, cache_seconds=settings.cache_seconds)


def _headscale(settings: TailnetSettings, clock: Clock) -> HeadscaleWhois:
    key = settings.headscale_api_key
    api = HeadscaleApi(settings.headscale_url or "", key.get_secret_value() if key else "")
    keep, keep_at_most = settings.cache_seconds, settings.stale_seconds
    return HeadscaleWhois(api, clock, cache_seconds=keep, stale_seconds=keep_at_most, budget=share(settings))
