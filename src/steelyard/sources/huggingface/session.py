"""The library's HTTP session with a guard in it.

The library follows redirects and ``Link: next`` by itself, and takes the token along a link wherever that leads. Its
client factory is the one place where all its requests come by. It holds for the whole process, so the guard of the
source that asks stands in a context variable; requests of anybody else in this process go out as they are.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from threading import Lock
from typing import Any

import httpx2
from huggingface_hub import get_session, set_client_factory
from yarl import URL

from steelyard.sources.errors import UpstreamNonsense
from steelyard.sources.guard.guard import SECRET_HEADERS, Guard
from steelyard.sources.guard.proxies import environment_proxy

Lookup = Callable[[str, int], Sequence[str]]
LONGEST_ANSWER = 64 * 1024 * 1024  # bytes, unpacked; 1000 files, a page of a tree, take about 300 kB
_PACKINGS = ("gzip", "deflate")
_NO_REUSE = httpx2.Limits(max_keepalive_connections=0)  # an address may serve many names, a connection only one
_installing = Lock()  # a new factory closes the session there is, which another thread may have begun to use
_asking: ContextVar[tuple[Guard, URL] | None] = ContextVar("steelyard_asking", default=None)


@contextmanager
def asking(guard: Guard, endpoint: str) -> Iterator[None]:
    """Within, in this thread, the library's requests for ``endpoint`` obey the guard."""
    with _installing:
        if not isinstance(get_session(), HubClient):
            set_client_factory(partial(HubClient, get_session().event_hooks))
    token = _asking.set((guard, URL(endpoint)))
    try:
        yield
    finally:
        _asking.reset(token)


def system_lookup(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedTransport(httpx2.BaseTransport):
    """Sends each request, the following ones of a redirect too, by the way that the guard allows."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._tls = httpx2.create_ssl_context()
        self._direct = httpx2.HTTPTransport(verify=self._tls)
        self._pinned = httpx2.HTTPTransport(verify=self._tls, limits=_NO_REUSE)
        self._proxied: dict[str, httpx2.HTTPTransport] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer. Raises AddressRefused, UpstreamNonsense for one without end, and what httpx2 raises."""
        url = URL(str(request.url), encoded=True)
        asked = _asking.get()
        if asked is None:
            return self._through(environment_proxy(url)).handle_request(request)
        return bounded(self._send(request, url, *asked), url.raw_host or "")

    def close(self) -> None:
        """Let connections go."""
        for transport in (self._direct, self._pinned, *self._proxied.values()):
            transport.close()

    def _send(self, request: httpx2.Request, url: URL, guard: Guard, endpoint: URL) -> httpx2.Response:
        route = guard.route(url)
        request.headers["Accept-Encoding"] = ", ".join(_PACKINGS)
        if not guard.trusts(url):
            guard.check_hop(endpoint, url)
            for name in SECRET_HEADERS:
                request.headers.pop(name, None)
        if not route.pinned:
            return self._through(route.proxy).handle_request(request)
        return self._first(request, self._resolved(guard, url, request))

    def _resolved(self, guard: Guard, url: URL, request: httpx2.Request) -> Sequence[str]:
        host = url.raw_host or ""
        try:
            addresses = self._lookup(host, url.port or 0)
        except OSError as error:
            raise httpx2.ConnectError(f"{host} is not found", request=request) from error
        guard.check_addresses(host, addresses)
        return addresses

    def _first(self, request: httpx2.Request, addresses: Sequence[str]) -> httpx2.Response:
        """The answer of the first address that takes the connection."""
        failure: httpx2.TransportError = httpx2.ConnectError(f"{request.url.host} is not found", request=request)
        for address in addresses:
            try:
                return self._pinned.handle_request(_addressed(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
        raise failure

    def _through(self, proxy: URL | None) -> httpx2.HTTPTransport:
        if proxy is None:
            return self._direct
        name = str(proxy)
        if name not in self._proxied:
            self._proxied[name] = httpx2.HTTPTransport(verify=self._tls, proxy=name)
        return self._proxied[name]


class HubClient(httpx2.Client):
    """What the library's own factory makes, with a guard."""

    def __init__(self, hooks: dict[str, list[Callable[..., Any]]]) -> None:
        super().__init__(event_hooks=hooks, follow_redirects=True, timeout=None, transport=GuardedTransport())


def _addressed(request: httpx2.Request, address: str) -> httpx2.Request:
    """The same request to one address; its Host header and its TLS name stay those of the host that was asked for."""
    return httpx2.Request(
        request.method, request.url.copy_with(host=address), headers=request.headers, stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )  # fmt: skip


def bounded(answer: httpx2.Response, host: str, limit: int = LONGEST_ANSWER) -> httpx2.Response:
    """The whole answer, unpacked. Raises UpstreamNonsense for one above the limit or packed in a way nobody asked for.

    Layers of packing are refused, because each multiplies by up to a thousand.
    """
    try:
        if answer.headers.get("content-encoding", "identity").lower() not in {"identity", *_PACKINGS}:
            raise UpstreamNonsense(f"{host} packs its answer in a way that the depot did not ask for.")
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > limit:
                raise UpstreamNonsense(f"{host} answers with more than {limit} bytes of metadata.")
    finally:
        answer.close()
    told = {"content-encoding", "content-length", "transfer-encoding"}
    kept = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in told]
    return httpx2.Response(answer.status_code, headers=kept, content=bytes(body), extensions=answer.extensions)
