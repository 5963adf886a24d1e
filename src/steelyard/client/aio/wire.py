"""The connection: sends calls, retries what may be retried, turns failures into errors of the tree."""

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import httpx2

from steelyard.client.call import Answer, Call, Json, unexpected
from steelyard.client.environment import Address, user_header
from steelyard.client.errors import ApiError, ServerUnreachable, UnexpectedAnswer
from steelyard.client.problem import is_foreign, phrase, read_problem
from steelyard.client.retry import RETRIED_STATUSES, Retry
from steelyard.core.version import __version__

T = TypeVar("T")
EVENT_STREAM = "text/event-stream"
NDJSON = "application/x-ndjson"
STREAM_SILENCE = 45.0  # seconds; the server sends a comment at least every 15


class Wire:
    """One server, one pool of connections. ``timeout`` is in seconds, for each step of a request."""

    def __init__(
        self,
        address: Address,
        timeout: float,
        retry: Retry,
        transport: httpx2.AsyncBaseTransport | None,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._address = address
        self._retry = retry
        self._timeout = timeout
        self._sleep = sleep
        self._http = _connect(address, timeout, transport)

    async def send(self, call: Call[T]) -> T:
        """Send and parse. Raises ServerUnreachable, ApiError or UnexpectedAnswer once no retry is left."""
        tried = 0
        while True:
            tried += 1
            try:
                return call.parse(await self._answer(call))
            except (ServerUnreachable, ApiError) as error:
                wait = self._wait(call, error, tried)
                if wait is None:
                    raise
            await self._sleep(wait)

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        params: Mapping[str, str] = {},
        media_type: str = EVENT_STREAM,
        *,
        body: Json | None = None,
        silence: float = STREAM_SILENCE,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The chunks of a long answer as they come; with a ``body`` it is a POST. ``silence`` is in seconds.

        Raises ServerUnreachable when it breaks or is silent for longer, ApiError; no retries.
        """
        method = "GET" if body is None else "POST"
        asked: dict[str, Any] = {
            "params": params,
            "headers": {"Accept": media_type},
            "timeout": httpx2.Timeout(self._timeout, read=silence),
            "json": body,
        }
        with self._translated():
            async with self._http.stream(method, path, **asked) as response:
                if response.is_error:
                    raise self._refusal(response, await response.aread())
                if not _content_type(response).startswith(media_type):
                    raise unexpected(self._address.url, f"an answer of type {media_type} was expected")
                yield response.aiter_bytes()

    async def sleep(self, seconds: float) -> None:
        """Wait, the way this connection was told to."""
        await self._sleep(seconds)

    async def aclose(self) -> None:
        """Close all connections; the wire cannot be used afterwards."""
        await self._http.aclose()

    async def _answer(self, call: Call[T]) -> Answer:
        timeout = httpx2.Timeout(self._timeout, read=call.patience or self._timeout)
        asked: dict[str, Any] = {"params": call.query, "json": call.json, "timeout": timeout}
        if call.lines is not None:
            asked |= {"content": call.lines, "headers": {"Content-Type": NDJSON}}
        with self._translated():
            response = await self._http.request(call.method, call.path, **asked)
        if not response.is_success and response.status_code not in call.also_answers:
            raise self._refusal(response, response.content)
        return Answer(response.status_code, self._payload(response), self._address.url)

    def _payload(self, response: httpx2.Response) -> object:
        if not response.content:
            return None
        try:
            return json.loads(response.content)
        except ValueError as error:
            raise unexpected(self._address.url, "what it says is not JSON") from error

    def _refusal(self, response: httpx2.Response, body: bytes) -> ApiError | UnexpectedAnswer:
        status = response.status_code
        if is_foreign(status, _content_type(response)):
            return unexpected(self._address.url, f"it says {status} {phrase(status)} in its own way")
        return read_problem(status, body, response.headers.get("retry-after"))

    def _wait(self, call: Call[T], error: ServerUnreachable | ApiError, tried: int) -> float | None:
        if not call.idempotent:
            return None
        if isinstance(error, ApiError):
            return self._retry.wait(tried, error.retry_after) if error.status in RETRIED_STATUSES else None
        slow = isinstance(error.__cause__, httpx2.ReadTimeout)  # it has had its time already
        return None if slow else self._retry.wait(tried)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except httpx2.ReadTimeout as error:
            raise _unreachable(f"The server at {self._address.url} did not answer in time.") from error
        except httpx2.TransportError as error:
            raise _unreachable(f"No Steelyard server answers at {self._address.url}.") from error
        except (httpx2.DecodingError, httpx2.StreamError) as error:
            raise unexpected(self._address.url, "its body cannot be read") from error


def _connect(address: Address, timeout: float, transport: httpx2.AsyncBaseTransport | None) -> httpx2.AsyncClient:
    headers = {"User-Agent": f"steelyard-python/{__version__}", "Accept": "application/json"}
    if address.user:
        headers["X-Steelyard-User"] = user_header(address.user)
    if address.token:
        headers["Authorization"] = f"Bearer {address.token}"
    return httpx2.AsyncClient(
        base_url=address.url,
        headers=headers,
        timeout=timeout,
        transport=transport,
        trust_env=not address.loopback,
        verify=True if address.secure else _nobody_trusted(),
    )


def _nobody_trusted() -> ssl.SSLContext:
    # Plain HTTP needs no certificates, and loading the usual ones costs 42 ms: a sixth of `steelyard ls`.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _content_type(response: httpx2.Response) -> str:
    return str(response.headers.get("content-type", ""))


def _unreachable(detail: str) -> ServerUnreachable:
    return ServerUnreachable(detail, hint="Start one with `steelyard serve`, or say where it is: STEELYARD_URL.")
