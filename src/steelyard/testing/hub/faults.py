"""Faults on demand: rules that say which request shall go wrong, how, and how often.

A pattern is a shell glob (``*`` also matches ``/``; case counts). Files are named ``org/name/path``, a dataset's
``datasets/org/name/path``, metadata ``api:org/name`` and ``api:org/name/tree`` (both at once; the last word is the
ledger's ``call``), the rest ``api:whoami`` and so on. A pattern without ``api:`` never touches metadata.

Rules of one kind are asked in the order they were made; the first that fits acts, and each is spent only when it acts
(a cut after 10 MiB waits for a body that is longer). ``times`` is how often; None means for ever.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeVar

from steelyard.testing.hub.ledger import Origin

_METADATA = "api:"


@dataclass(frozen=True, slots=True)
class CutAfter:
    """The connection ends after this many body bytes; the headers promised more."""

    size: int


@dataclass(frozen=True, slots=True)
class Status:
    """This status instead of an answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flip:
    """The byte at this offset of the whole file comes with all its bits flipped."""

    offset: int


@dataclass(frozen=True, slots=True)
class IgnoreRange:
    """A request with ``Range`` gets 200 and the whole file."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Nothing for some seconds, then the answer."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """The connection is taken and nothing ever comes."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """The body comes at this pace; each answer has a pace of its own."""

    bytes_per_second: int


@dataclass(frozen=True, slots=True)
class Stall:
    """The body stops after so many bytes and goes on some seconds later."""

    after: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RedirectToCdn:
    """LFS files are answered 302 with a signed address on the other origin, as the real hub does."""


@dataclass(frozen=True, slots=True)
class WrongSize:
    """The file ends this many bytes early and the headers agree with that."""

    missing: int


Fault = CutAfter | Status | Flip | IgnoreRange | Delay | Hang | Throttle | Stall | RedirectToCdn | WrongSize
F = TypeVar("F", CutAfter, Status, Flip, IgnoreRange, Delay, Hang, Throttle, Stall, RedirectToCdn, WrongSize)


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the rules see it. ``names`` are what patterns are held against."""

    names: tuple[str, ...]
    method: str
    origin: Origin


@dataclass(slots=True)
class Rule:
    """One rule and how often it has acted. ``method`` and ``origin`` None mean any."""

    pattern: str
    fault: Fault
    times: int | None
    method: str | None
    origin: Origin | None
    acted: int = 0

    def fits(self, call: Call) -> bool:
        """Whether the rule is about this call and not spent."""
        return (
            (self.times is None or self.acted < self.times)
            and self.method in (None, call.method)
            and self.origin in (None, call.origin)
            and any(_matches(self.pattern, name) for name in call.names)
        )


class Faults:
    """The rules of one hub; may be changed from any thread while it serves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(
        self,
        pattern: str,
        fault: Fault,
        *,
        times: int | None = 1,
        method: str | None = None,
        origin: Origin | None = None,
    ) -> Rule:
        """Any rule, also for one method (``GET``) or one origin (``hub`` or ``cdn``) only."""
        rule = Rule(pattern, fault, times, method, origin)
        with self._lock:
            self._rules.append(rule)
        return rule

    def cut_after(self, pattern: str, size: int, times: int | None = 1) -> Rule:
        """Right headers, ``size`` body bytes, then the end of the connection."""
        return self.add(pattern, CutAfter(size), times=times)

    def status(
        self,
        pattern: str,
        status: int,
        times: int | None = 1,
        headers: Mapping[str, str] | None = None,
        *,
        method: str | None = None,
        origin: Origin | None = None,
    ) -> Rule:
        """This status, for example 503, or 429 with ``{"Retry-After": "2"}``. HEAD counts unless ``method`` is GET."""
        return self.add(pattern, Status(status, headers or {}), times=times, method=method, origin=origin)

    def flip(self, pattern: str, offset: int, times: int | None = 1) -> Rule:
        """One wrong byte, right size. All rules that fit act on one body."""
        return self.add(pattern, Flip(offset), times=times)

    def ignore_range(self, pattern: str, times: int | None = 1) -> Rule:
        """200 and the whole file where a range was asked for."""
        return self.add(pattern, IgnoreRange(), times=times)

    def delay(self, pattern: str, seconds: float, times: int | None = 1, *, method: str | None = None) -> Rule:
        """Late headers."""
        return self.add(pattern, Delay(seconds), times=times, method=method)

    def hang(self, pattern: str, times: int | None = 1, *, method: str | None = None) -> Rule:
        """No answer until the client goes or the hub closes."""
        return self.add(pattern, Hang(), times=times, method=method)

    def throttle(self, pattern: str, bytes_per_second: int, times: int | None = None) -> Rule:
        """A slow body; for ever unless ``times`` says otherwise."""
        return self.add(pattern, Throttle(bytes_per_second), times=times)

    def stall(self, pattern: str, after: int, seconds: float, times: int | None = 1) -> Rule:
        """A body that stops in the middle."""
        return self.add(pattern, Stall(after, seconds), times=times)

    def redirect_to_cdn(self, pattern: str, times: int | None = None) -> Rule:
        """LFS files from the other origin; for ever unless ``times`` says otherwise."""
        return self.add(pattern, RedirectToCdn(), times=times)

    def wrong_size(self, pattern: str, missing: int = 1, times: int | None = 1) -> Rule:
        """A file that is too short, with headers that agree; ``X-Linked-Size`` keeps the true size."""
        return self.add(pattern, WrongSize(missing), times=times, method="GET")

    def take(self, kind: type[F], call: Call, acts: Callable[[F], bool] = lambda _: True) -> F | None:
        """The fault of this kind that hits the call, spent by one; None when there is none."""
        found = self._take(kind, call, acts, limit=1)
        return found[0] if found else None

    def take_all(self, kind: type[F], call: Call, acts: Callable[[F], bool] = lambda _: True) -> list[F]:
        """Every fault of this kind that hits the call, each spent by one."""
        return self._take(kind, call, acts, limit=None)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, also the spent ones."""
        return tuple(self._rules)

    def clear(self) -> None:
        """Forget every rule."""
        with self._lock:
            self._rules.clear()

    def _take(self, kind: type[F], call: Call, acts: Callable[[F], bool], limit: int | None) -> list[F]:
        taken: list[F] = []
        with self._lock:
            for rule in self._rules:
                if isinstance(rule.fault, kind) and rule.fits(call) and acts(rule.fault):
                    rule.acted += 1
                    taken.append(rule.fault)
                    if len(taken) == limit:
                        break
        return taken


def _matches(pattern: str, name: str) -> bool:
    return pattern.startswith(_METADATA) == name.startswith(_METADATA) and fnmatchcase(name, pattern)
