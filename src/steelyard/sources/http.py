"""GET for file bytes: ranges, redirects that lead nowhere they should not, errors as ours."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NoReturn

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DefaultResolver, TCPConnector
from aiohttp.abc import AbstractResolver
from yarl import URL

from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.errors import (
    BY_ITSELF,
    AccessRefused,
    FileMissing,
    UpstreamBusy,
    UpstreamNonsense,
    UpstreamUnavailable,
)
from steelyard.sources.guard.guard import SECRET_HEADERS, Guard, origin
from steelyard.sources.guard.resolver import GuardedResolver
from steelyard.sources.lookups import PatientResolver
from steelyard.sources.pauses import HostPauses

CONNECT_SECONDS = 2.0
_MAX_REDIRECTS = 5
_READ_BUFFER = 1024 * 1024  # with aiohttp's default of 64 KiB the transport pauses and resumes all the time
_DEFAULT_PAUSE = 5.0
_LONGEST_PAUSE = 3600.0
_RATE_LIMIT = re.compile(r"\bt=(\d+)")  # ratelimit: "api";r=0;t=55
_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-\d+/(\d+|\*)", re.ASCII)  # beyond 4300 digits int() raises


class ResponseStream:
    """The body of one answer, paced and with its errors translated."""

    def __init__(self, response: ClientResponse, start: int, bandwidth: Bandwidth) -> None:
        self._response = response
        self._bandwidth = bandwidth
        self.start = start

    async def chunks(self) -> AsyncIterator[bytes]:
        """Pieces as they arrive. Raises UpstreamUnavailable when the connection breaks or stalls."""
        try:
            # One piece at a time: iter_any would join what has piled up, which copies every byte once more.
            async for chunk, _ in self._response.content.iter_chunks():
                if not chunk:
                    continue
                await self._bandwidth.take(len(chunk))
                yield chunk
        except (ClientError, TimeoutError, OSError) as error:
            if not isinstance(error, TimeoutError) and (left := _left_over(self._response)):
                yield left
            raise unreachable(self._response.url, error) from error


class RangeClient:
    """All file bytes of one hub, under its guard.

    Two sessions, opened on first use because they belong to the running loop: a plain one for what the settings trust
    and for proxies, and one whose connections go to judged addresses only. ``resolver`` asks for the names. An
    address that is not found, or a connection that is not there, within ``connect_seconds`` is given up; none is tried
    twice. How many connections there are at once is for whoever asks to say: somebody may wait for one more.
    """

    def __init__(
        self,
        guard: Guard,
        pauses: HostPauses,
        bandwidth: Bandwidth,
        resolver: Callable[[], AbstractResolver] = DefaultResolver,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        session: Callable[..., ClientSession] = ClientSession,
    ) -> None:
        self._guard = guard
        self._pauses = pauses
        self._bandwidth = bandwidth
        self._resolver = resolver
        self._connect_seconds = connect_seconds
        self._session = session
        self._sessions: dict[bool, ClientSession] = {}
        self._resolvers: list[AbstractResolver] = []

    @asynccontextmanager
    async def open(self, address: str, headers: Mapping[str, str], offset: int) -> AsyncIterator[ResponseStream]:
        """Ask for everything from ``offset`` on.

        Raises FileMissing, AccessRefused, AddressRefused, UpstreamBusy or UpstreamUnavailable.
        """
        response = await self._follow(URL(address, encoded=True), {**headers, **_range_headers(offset)})
        async with response:
            yield ResponseStream(response, _start_of(response, offset), self._bandwidth)

    async def close(self) -> None:
        """Let the connections go."""
        for session in self._sessions.values():
            await session.close()
        for resolver in self._resolvers:
            await resolver.close()

    async def _follow(self, url: URL, headers: dict[str, str]) -> ClientResponse:
        for _ in range(_MAX_REDIRECTS + 1):
            response = await self._get(url, headers)
            target = response.headers.get("Location") if response.status in {301, 302, 303, 307, 308} else None
            if target is None:
                return response
            response.release()
            following = joined(url, target)
            self._guard.check_hop(url, following)
            headers = headers_for(url, following, headers)
            url = following
        raise UpstreamUnavailable(f"{url.host} redirects in circles.")

    async def _get(self, url: URL, headers: Mapping[str, str]) -> ClientResponse:
        route = self._guard.route(url)
        await self._pauses.wait(url.host or "")
        session = self._opened(pinned=route.pinned)
        try:
            response = await session.get(url, headers=headers, allow_redirects=False, proxy=route.proxy)
        except (ClientError, TimeoutError, OSError) as error:
            raise unreachable(url, error) from error
        if response.status >= 400:
            response.release()
            self._refuse(response)
        return response

    def _refuse(self, response: ClientResponse) -> NoReturn:
        host = response.url.host or ""
        if response.status == 429:
            wait = pause_of(response.headers)
            self._pauses.pause(host, wait)
            raise UpstreamBusy(f"{host} asks for a pause of {wait:.0f} s.", hint=BY_ITSELF, retry_after=wait)
        if response.status in {401, 403}:
            raise AccessRefused(
                f"{host} refuses this file ({response.status}).",
                hint="Accept the licence on the model's page and set HF_TOKEN for the depot.",
            )
        if response.status in {404, 410}:
            raise FileMissing(f"{host} answers {response.status} for {response.url.name!r}.")
        if response.status == 416:
            raise UpstreamNonsense(f"{host} announced more bytes of {response.url.name!r} than it has.")
        wait_for = retry_after(response.headers)
        raise UpstreamUnavailable(f"{host} answers {response.status}.", hint=BY_ITSELF, retry_after=wait_for)

    def _opened(self, *, pinned: bool) -> ClientSession:
        if pinned not in self._sessions:
            resolver = PatientResolver(self._resolver(), self._connect_seconds)
            self._resolvers.append(resolver)
            used = GuardedResolver(self._guard, resolver) if pinned else resolver
            self._sessions[pinned] = self._session(
                connector=TCPConnector(limit=0, resolver=used),
                timeout=ClientTimeout(total=None, sock_connect=self._connect_seconds, sock_read=30),
                read_bufsize=_READ_BUFFER,
                auto_decompress=False,
            )
        return self._sessions[pinned]


def _left_over(response: ClientResponse) -> bytes:
    """What arrived before the connection broke. aiohttp keeps it, but its public calls raise before they give it out;
    without this every cut costs up to 2 MiB that have to be fetched again."""
    return response.content._read_nowait(-1)  # noqa: SLF001 - the tests of cut connections notice when it goes


def joined(url: URL, target: str) -> URL:
    """Where a ``Location`` leads, seen from ``url``. Raises UpstreamNonsense for what is no address of HTTP."""
    try:
        found = url.join(URL(target, encoded=True))
        is_address = found.scheme in {"http", "https"} and found.host and found.port  # each may raise as well
    except ValueError as error:
        raise UpstreamNonsense(f"{url.host} redirects to what is no address.") from error
    if not is_address:
        raise UpstreamNonsense(f"{url.host} redirects to what is no address.")
    return found


def headers_for(source: URL, target: URL, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that may go along with a redirect: no secret leaves the origin it was meant for."""
    if origin(source) == origin(target):
        return dict(headers)
    return {name: value for name, value in headers.items() if name.lower() not in SECRET_HEADERS}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, an hour at most, from ``Retry-After`` or the hub's ``ratelimit``; None when neither says."""
    plain = headers.get("Retry-After", "")
    limited = _RATE_LIMIT.search(headers.get("ratelimit", ""))
    said = plain if plain.isdecimal() else limited.group(1) if limited else None
    return None if said is None else min(float(said), _LONGEST_PAUSE)


def range_start(content_range: str) -> int | None:
    """The offset of the first byte by ``Content-Range`` (RFC 9110, section 14.4); None when it says nothing of use."""
    match = _CONTENT_RANGE.fullmatch(content_range.strip())
    return int(match.group(1)) if match else None


def pause_of(headers: Mapping[str, str]) -> float:
    """Seconds to leave a hub alone that answered 429."""
    said = retry_after(headers)
    return _DEFAULT_PAUSE if said is None else said


def unreachable(url: URL, error: BaseException) -> UpstreamUnavailable:
    """A connection that failed or broke, without the address's query (it may hold a signature)."""
    return UpstreamUnavailable(f"The connection to {url.host} failed ({type(error).__name__}).", hint=BY_ITSELF)


def _range_headers(offset: int) -> dict[str, str]:
    # Always a range: without one the hub refuses files above 50 GB.
    return {"Range": f"bytes={offset}-", "Accept-Encoding": "identity"}


def _start_of(response: ClientResponse, offset: int) -> int:
    if response.status != 206:
        return 0
    if range_start(response.headers.get("Content-Range", "")) != offset:
        raise UpstreamUnavailable(f"{response.url.host} answers with another range than asked for.")
    return offset
