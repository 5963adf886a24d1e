"""Whoever guesses passwords waits ever longer.

Counted by the pair of user name and address, and by address alone: a person who forgot a password does not keep the
others of the same office out, and nobody tries one password on many names. Nobody is locked out from elsewhere, so
nobody can lock out another. Every process counts for itself, in bounded memory.
"""

from dataclasses import dataclass

from steelyard.core.clock import Clock
from steelyard.core.errors import TooManyRequests
from steelyard.core.recent import Recent
from steelyard.http.limits import client_key

FREE_OF_PAIR = 5
FREE_OF_ADDRESS = 20  # an office may come from one address
LONGEST_WAIT = 15 * 60.0
_KEYS = 10_000
_DOUBLINGS = 10  # 1024 s are beyond the longest wait
Key = tuple[str, ...]


class TooManySignIns(TooManyRequests):
    """Too many passwords were wrong."""

    slug = "login-backoff"
    title = "Too many failed sign-ins"


@dataclass(frozen=True, slots=True)
class _Failures:
    """So many in a row, the last at ``at``; the next try is welcome from ``until`` on."""

    count: int
    at: float
    until: float


class LoginGuard:
    """Ask before each password is checked, and tell when it was right. ``address`` is the real one, never masked."""

    def __init__(self, clock: Clock, keys: int = _KEYS) -> None:
        self._clock = clock
        self._failures: Recent[Key, _Failures] = Recent(keys)

    def attempt(self, username: str, address: str) -> None:
        """Somebody tries to sign in. It counts as failed until ``succeeded``: tries side by side are no way around.

        After 5 failures of the pair, or 20 of the address, 1 s must pass, then 2, 4, to 15 minutes; after a quiet
        quarter of an hour they are forgotten. Raises TooManySignIns.
        """
        now = self._clock.monotonic()
        bounds = ((_pair(username, address), FREE_OF_PAIR), (_alone(address), FREE_OF_ADDRESS))
        wait = max(self._wait(key, now) for key, _ in bounds)
        if wait > 0:
            raise TooManySignIns(
                "Too many sign-ins failed.",
                hint="Wait as long as Retry-After says. An administrator can set a new password: steelyard users.",
                retry_after=wait,
            )
        for key, free in bounds:
            self._count(key, free, now)

    def succeeded(self, username: str, address: str) -> None:
        """The password was right: the pair begins anew, and the address gets this one try back."""
        self._failures.drop(_pair(username, address))
        known = self._failures.get(_alone(address))
        if known is not None:
            self._failures.put(_alone(address), _Failures(known.count - 1, known.at, self._clock.monotonic()))

    def _wait(self, key: Key, now: float) -> float:
        known = self._failures.get(key)
        return 0.0 if known is None else max(0.0, known.until - now)

    def _count(self, key: Key, free: int, now: float) -> None:
        known = self._failures.get(key)
        before = 0 if known is None or now - max(known.at, known.until) > LONGEST_WAIT else known.count
        self._failures.put(key, _Failures(before + 1, now, now + pause_after(before + 1, free)))


def pause_after(failures: int, free: int) -> float:
    """Seconds to wait after so many failures in a row, of which the first ``free`` cost nothing."""
    return 0.0 if failures < free else min(LONGEST_WAIT, 2.0 ** min(failures - free, _DOUBLINGS))


def _pair(username: str, address: str) -> Key:
    return username.casefold(), client_key(address)


def _alone(address: str) -> Key:
    return (client_key(address),)
