"""The way of a question to the mirror: HTTP as the hub's clients speak it."""

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

import httpx2

from steelyard.cli.mirror.answer import Answer, Outcome, Silence, Why

KEPT = 1 << 20  # bytes of a body that are kept, unless the question says otherwise
PATIENCE = 40.0  # seconds for each step: four times what clients wait, so that slow can be told from dead
CONNECT = 10.0  # seconds


class Asker(Protocol):
    """Asks one question at a time, follows no redirects, raises nothing for what comes back or does not."""

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] = {},
        *,
        form: Sequence[tuple[str, str]] = (),
        most: int = KEPT,
        keep: int = KEPT,
    ) -> Outcome:
        """The answer; of its body at most ``most`` bytes are read and ``keep`` kept, then the connection is closed."""


class HttpAsker:
    """Over the network, with the proxies and certificates that the environment names: as clients do.

    ``monotonic`` gives seconds.
    """

    def __init__(
        self, transport: httpx2.BaseTransport | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        timeout = httpx2.Timeout(PATIENCE, connect=CONNECT)
        self._http = httpx2.Client(transport=transport, timeout=timeout, follow_redirects=False)
        self._monotonic = monotonic

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] = {},
        *,
        form: Sequence[tuple[str, str]] = (),
        most: int = KEPT,
        keep: int = KEPT,
    ) -> Outcome:
        """See Asker."""
        started = self._monotonic()
        try:
            with self._http.stream(method, url, headers=dict(headers), data=_fields(form)) as response:
                return self._read(response, url, started, most, keep)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            return Silence(url, _why(error), _reason(error), self._monotonic() - started)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, response: httpx2.Response, url: str, started: float, most: int, keep: int) -> Answer:
        headers_after = self._monotonic() - started
        kept, received, first, is_whole = bytearray(), 0, None, True
        for chunk in response.iter_bytes():
            if chunk and first is None:
                first = self._monotonic() - started
            received += len(chunk)
            kept += chunk[: max(0, keep - len(kept))]
            if received >= most:
                is_whole = _length(response) == received
                break
        ended = self._monotonic() - started
        return Answer(
            url, response.status_code, _headers(response), bytes(kept), received, is_whole, headers_after, first, ended
        )


def _headers(response: httpx2.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _length(response: httpx2.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isdecimal() else None


def _fields(form: Sequence[tuple[str, str]]) -> dict[str, list[str]] | None:
    fields: dict[str, list[str]] = {}
    for name, value in form:
        fields.setdefault(name, []).append(value)
    return fields or None


def _why(error: Exception) -> Why:
    if isinstance(error, httpx2.TimeoutException):
        return "slow"
    if isinstance(error, httpx2.ConnectError):
        return "untrusted" if _is_about_certificates(error) else "refused"
    return "broken"


def _is_about_certificates(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return "certificate" in str(error).lower()


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
