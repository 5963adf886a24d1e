"""How many requests a client may send: a budget for reading, another for changing, for each key of its own.

A bucket is one number (GCRA: the moment at which it is full again), so that a request costs a microsecond; the package
``limits`` took 3 to 9, and 150 ms to import. Every process counts for itself.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from steelyard.core.clock import Clock
from steelyard.core.errors import TooManyRequests
from steelyard.core.recent import Recent
from steelyard.http.limit_settings import LimitSettings
from steelyard.http.problems import from_error

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_KEYS = 10_000  # a bucket is forgotten after so many newer ones, and is full when it is met again
_SITE_BITS = 64  # one subscriber of IPv6 has at least so many addresses (RFC 6177)
KeyOf = Callable[[Scope], str | None]


class RateLimited(TooManyRequests):
    """More requests than anybody needs."""

    slug = "rate-limited"
    title = "Too many requests"


class Buckets:
    """A bucket for each key: it holds ``burst`` requests and fills up by ``per_second``."""

    def __init__(self, per_second: float, burst: int, keys: int = _KEYS) -> None:
        self._interval = 0.0 if per_second == 0 else 1.0 / per_second
        self._depth = (burst - 1) * self._interval
        self._full_at: Recent[str, float] = Recent(keys)

    def take(self, key: str, now: float) -> float:
        """Take one request out; 0 when there was one, else the seconds until there is: then nothing is taken."""
        full_at = max(now, self._full_at.get(key) or now)
        missing = full_at - now - self._depth
        if missing > 1e-9:  # sums of fractions are never exact
            return missing
        self._full_at.put(key, full_at + self._interval)
        return 0.0


class Limiter:
    """Both budgets. Make one for addresses and one for people: each has its own buckets."""

    def __init__(self, settings: LimitSettings, clock: Clock) -> None:
        self._reads = Buckets(settings.reads_per_second, settings.reads_burst)
        self._changes = Buckets(settings.changes_per_second, settings.changes_burst)
        self._clock = clock

    def refusal(self, key: str, method: str) -> RateLimited | None:
        """Count a request of this method; the error when it is one too many."""
        buckets = self._reads if method in _READS else self._changes
        wait = buckets.take(key, self._clock.monotonic())
        if wait == 0.0:
            return None
        return RateLimited(
            "You send requests faster than this depot answers anybody.",
            hint="Wait as long as Retry-After says. An administrator can raise STEELYARD_LIMITS__READS_PER_SECOND "
            "and its like.",
            retry_after=wait,
        )


class RateLimit:
    """ASGI middleware: answers 429 to what is too much. Requests for which ``key_of`` gives no key are not counted."""

    def __init__(self, app: ASGIApp, limiter: Limiter, key_of: KeyOf) -> None:
        self._app = app
        self._limiter = limiter
        self._key_of = key_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 429."""
        key = self._key_of(scope) if scope["type"] == "http" else None
        error = None if key is None else self._limiter.refusal(key, scope["method"])
        await (self._app if error is None else from_error(error))(scope, receive, send)


def by_address(*, spare_loopback: bool) -> KeyOf:
    """Keys of the client's address, which behind a trusted proxy ``Guards`` has found out.

    ``spare_loopback`` leaves this machine's own requests uncounted: right in open mode.
    """

    def key_of(scope: Scope) -> str | None:
        address: str = scope["client"][0] if scope.get("client") else "unknown"
        key = client_key(address)
        return None if spare_loopback and key in {"127.0.0.1", "::1"} else key

    return key_of


def client_key(address: str) -> str:
    """One key for all addresses of one client: of IPv6 its network of 64 bits, and ``::1`` for this machine.

    IPv4 in the form of IPv6 is IPv4. What is no address is its own key.
    """
    if ":" not in address:
        return address
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found) if found.is_loopback else f"{int(found) >> _SITE_BITS:x}/{_SITE_BITS}"
