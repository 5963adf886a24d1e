"""What is refused whoever asks: in open mode everybody who reaches the depot is an administrator.

A page on another site can make a browser send requests to loopback. Three checks keep it out: the Host must be ours
(DNS rebinding), unsafe methods must come from our own origin (cross-site requests), and forwarding headers must come
from a proxy that the settings trust (a tunnel that nobody meant to open). Where access is required, headers of others
are not believed, and nothing more.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from steelyard.core.errors import Forbidden, SteelyardError
from steelyard.http.fields import field
from steelyard.http.origins import is_allowed_origin
from steelyard.http.problems import from_error
from steelyard.http.settings import ServerSettings

TRUSTED_PEER = "trusted_peer"  # in a request's state: whether its connection comes from a trusted proxy
LOST_CLIENT = "lost_client"  # in a request's state: whether a trusted proxy tells of no client
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_TELLING = frozenset(name.encode() for name in (*_FORWARDING, "origin", "sec-fetch-site"))
_HOST = re.compile(r"(?:\[(?P<address>[^\[\]]*)\]|(?P<name>[^\[\]:@/]*))(?::\d*)?", re.ASCII)  # RFC 9110, section 7.2
_HOP = re.compile(
    r"\[(?P<six>[0-9a-f:.]+)\](?::\d+)?|(?P<four>[0-9.]+)(?::\d+)?|(?P<bare>[0-9a-f:.]+)", re.ASCII | re.I
)
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
Networks = Collection[IPv4Network | IPv6Network]


class HostNotAllowed(Forbidden):
    """The request is addressed to a name that is not ours."""

    slug = "host-not-allowed"
    title = "This depot does not answer to that name"


class CrossSite(Forbidden):
    """A page of another origin tried to change something."""

    slug = "cross-site"
    title = "Requests from other sites are refused"


class UntrustedProxy(Forbidden):
    """Forwarding headers from somebody the settings do not trust."""

    slug = "untrusted-proxy"
    title = "Forwarding headers are refused"


class Guards:
    """ASGI middleware of the three checks; it also finds the client's address behind trusted proxies."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, *, is_open: bool = True) -> None:
        self._app = app
        self._is_open = is_open
        self._settings = settings
        self._proxies = settings.proxy_networks
        self._hosts = allowed_hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] == "http":
            error = self._examine(scope)
            if error is not None:
                await from_error(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _examine(self, scope: Scope) -> SteelyardError | None:
        peer = scope["client"][0] if scope.get("client") else ""
        trusted = is_trusted(peer, self._proxies)
        scope.setdefault("state", {})[TRUSTED_PEER] = trusted
        if not trusted and _TELLING.isdisjoint([name for name, _ in scope["headers"]]):  # a program, straight to us
            return check_host(field(scope, b"host") or "", self._hosts)
        return self._examine_all(scope, Headers(scope=scope), peer, trusted=trusted)

    def _examine_all(self, scope: Scope, headers: Headers, peer: str, *, trusted: bool) -> SteelyardError | None:
        error = check_forwarding(headers, trusted=trusted or not self._is_open)
        error = error or check_host(headers.get("host", ""), self._hosts)
        if error is None and scope["method"] not in _SAFE:
            is_allowed = is_allowed_origin(scope, headers.get("origin"), self._settings.allowed_origins)
            error = None if is_allowed else check_origin(headers, self._settings.public_url)
        if error is None and trusted:
            client = client_address(peer, headers.getlist("x-forwarded-for"), self._proxies)
            scope["client"], scope["state"][LOST_CLIENT] = (client or peer, 0), client is None
        return error


def allowed_hosts(settings: ServerSettings) -> frozenset[str]:
    """Host names the depot answers to. Bare addresses are checked apart: a rebinding attack needs a name."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    named = [*settings.allowed_hosts, settings.host, *([public] if public else [])]
    return _LOOPBACK_NAMES | {name.lower() for name in named}


def check_host(host: str, allowed: frozenset[str]) -> SteelyardError | None:
    """The Host header without its port must be an allowed name, or an address when we listen beyond loopback."""
    name = _host_name(host)
    if name in allowed or (_is_address(name) and not allowed <= _LOOPBACK_NAMES):
        return None
    return HostNotAllowed(
        f"The request is addressed to {host[:80]!r}.",
        hint="Use http://127.0.0.1, or set STEELYARD_SERVER__PUBLIC_URL or STEELYARD_SERVER__ALLOWED_HOSTS.",
    )


def check_origin(headers: Mapping[str, str], public_url: str | None) -> SteelyardError | None:
    """A browser says where a request comes from; other programs send no Origin."""
    origin = headers.get("origin")
    if origin is None and headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
        return None
    own = {headers.get("host", "").lower(), *([urlsplit(public_url).netloc.lower()] if public_url else [])}
    if origin is not None and _authority(origin) in own - {""}:
        return None
    return CrossSite(
        "This change was asked for by a page of another origin.",
        hint="Open the depot's own pages, or set STEELYARD_SERVER__PUBLIC_URL to the address people use; for a page or "
        "program of somebody else's that asks models, STEELYARD_SERVER__ALLOWED_ORIGINS.",
    )


def check_forwarding(headers: Mapping[str, str], *, trusted: bool) -> SteelyardError | None:
    """Behind a proxy that nobody configured every caller would look like loopback and be an administrator."""
    if trusted:
        return None
    given = set(headers.keys())
    found = next((name for name in _FORWARDING if name in given), None)
    if found is None:
        return None
    return UntrustedProxy(
        f"The request carries {found!r}, but its sender is not a trusted proxy.",
        hint='Set STEELYARD_SERVER__TRUSTED_PROXIES=["<proxy address>"].',
    )


def client_address(peer: str, forwarded: list[str], proxies: Networks) -> str | None:
    """Walk X-Forwarded-For from the right past trusted proxies: what stands further left anybody can write.

    None where a trusted proxy tells of no client that can be read. Ports are left out; an address with a zone is none,
    because it means something on one machine only.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",") if hop.strip()]
    address = None if is_trusted(peer, proxies) and not hops else peer
    for hop in reversed(hops):
        if address is None or not is_trusted(address, proxies):
            break
        address = _hop_address(hop)
    return address


def is_trusted(address: str, proxies: Networks) -> bool:
    """Whether the address belongs to a trusted proxy."""
    return bool(proxies) and _is_address(address) and any(ip_address(address) in network for network in proxies)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _hop_address(hop: str) -> str | None:
    """``1.2.3.4``, ``1.2.3.4:5678``, ``2001:db8::7``, ``[2001:db8::7]`` or ``[2001:db8::7]:80`` without its port."""
    match = _HOP.fullmatch(hop)
    found = match and (match["six"] or match["four"] or match["bare"])
    return found if found and _is_address(found) else None


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # a bracket that is never closed
        return ""


@lru_cache(maxsize=256)
def _host_name(host: str) -> str:
    match = _HOST.fullmatch(host)
    return (match["address"] or match["name"] or "").lower() if match else ""
