"""The rules for going somewhere that somebody else chose (server-side request forgery, CWE-918)."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from yarl import URL

from steelyard.sources.guard.errors import refused
from steelyard.sources.guard.networks import Networks, judge
from steelyard.sources.guard.proxies import ProxyFinder, environment_proxy
from steelyard.sources.guard.spelling import is_inside, literal

SECRET_HEADERS = frozenset({"authorization", "cookie"})
_BEHIND_A_PROXY = "The proxy decides where names lead. To fetch from there without it, name the host in NO_PROXY."
_AT_THE_HUB = "The hub sent the depot there: tell the people who run it."
Origin = tuple[str, str, int | None]


@dataclass(frozen=True, slots=True)
class Route:
    """How a request goes out: through a proxy or not; ``pinned`` when only judged addresses may be connected to."""

    proxy: URL | None
    pinned: bool


class Guard:
    """Origins of the settings are trusted as they are; whatever else is asked for must be public or allowed."""

    def __init__(
        self, trusted: Iterable[str] = (), allowed: Networks = (), proxy_of: ProxyFinder = environment_proxy
    ) -> None:
        self._trusted = frozenset(origin(URL(address)) for address in trusted)
        self._allowed = allowed
        self._proxy_of = proxy_of

    def trusts(self, url: URL) -> bool:
        """Whether the settings name exactly this scheme, host and port."""
        return origin(url) in self._trusted

    def route(self, url: URL) -> Route:
        """How to go there. Raises AddressRefused.

        A proxy resolves names by itself, so behind one a name is refused when it can only be one of the network inside;
        without one, nothing but addresses that ``check_addresses`` passed may be connected to.
        """
        proxy = self._proxy_of(url)
        if self.trusts(url):
            return Route(proxy, pinned=False)
        host = url.raw_host or ""
        address = literal(host)
        if address is not None:
            self.check_addresses(host, [str(address)])
        elif proxy is not None and is_inside(host):
            raise refused(host, "is a name of the network inside", _BEHIND_A_PROXY)
        return Route(proxy, pinned=proxy is None)

    def check_hop(self, here: URL, there: URL) -> None:
        """Whether a redirect or a link from ``here`` may lead there; ``route`` comes on top. Raises AddressRefused."""
        if _login(there) and not (origin(here) == origin(there) and _login(here) == _login(there)):
            raise refused(there.raw_host or "", "comes with a name or a password in its address", _AT_THE_HUB)
        if here.scheme == "https" and there.scheme != "https" and not self.trusts(there):
            raise refused(there.raw_host or "", "would be asked without encryption", _AT_THE_HUB)

    def check_addresses(self, host: str, addresses: Iterable[str]) -> None:
        """One address that is refused refuses them all: a public one beside it is how rebinding hides.

        Raises AddressRefused.
        """
        for address in addresses:
            kind = _judged(address, self._allowed)
            if kind is not None:
                raise refused(host, f"leads to an address of a network that is not public ({kind})")


def origin(url: URL) -> Origin:
    """Scheme, host and port, with the port that the scheme stands for (RFC 6454)."""
    return url.scheme, (url.raw_host or "").lower(), url.port


def _login(url: URL) -> tuple[str, str] | None:
    found = (url.raw_user or "", url.raw_password or "")
    return found if any(found) else None


def _judged(address: str, allowed: Networks) -> str | None:
    try:
        return judge(ip_address(address), allowed)
    except ValueError:
        return "no address"
