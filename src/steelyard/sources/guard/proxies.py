"""Proxies for the way out, as the environment names them: HTTP_PROXY, HTTPS_PROXY, NO_PROXY."""

from collections.abc import Callable
from urllib.request import getproxies, proxy_bypass

from yarl import URL

ProxyFinder = Callable[[URL], URL | None]


def environment_proxy(url: URL) -> URL | None:
    """The proxy that a request to this address goes through, or None for a connection of our own."""
    named = getproxies().get(url.scheme)
    if not named or not url.raw_host or proxy_bypass(url.raw_host):
        return None
    proxy = URL(named if "://" in named else f"http://{named}")
    return proxy if proxy.scheme in {"http", "https"} and proxy.host else None
