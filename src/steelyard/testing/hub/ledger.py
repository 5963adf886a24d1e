"""The ledger: every request the stand-in hub got, in the order of arrival."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

Origin = Literal["hub", "cdn"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it stands at the moment of asking.

    ``path`` is the raw path without the query. ``repo`` is ``org/name`` (``datasets/org/name`` for a dataset) and
    ``file`` the path within it, both None where they do not apply. ``call`` names the route: ``resolve``, ``info``,
    ``revision``, ``tree``, ``whoami`` and so on. ``headers`` has lower-case names. ``status`` is 0 until the answer
    begins. ``bytes_sent`` are the body bytes handed to the socket, so after a broken connection some of them may never
    have been read: pace the body with ``faults.throttle`` where a test counts refetched bytes.
    """

    number: int
    method: str
    origin: Origin
    path: str
    query: str = ""
    call: str | None = None
    repo: str | None = None
    file: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    bytes_sent: int = 0
    ended: bool = False

    @property
    def range(self) -> str | None:
        """The ``Range`` header."""
        return self.headers.get("range")

    @property
    def authorization(self) -> str | None:
        """The ``Authorization`` header, verbatim: use made-up tokens."""
        return self.headers.get("authorization")

    @property
    def user_agent(self) -> str | None:
        """The ``User-Agent`` header."""
        return self.headers.get("user-agent")

    def as_json(self) -> dict[str, object]:
        """All fields and the three headers that tests ask for by name."""
        named = {"range": self.range, "authorization": self.authorization, "user_agent": self.user_agent}
        return {**asdict(self), **named}


class Ledger:
    """Written by the server's thread, read and cleared from any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[int, Request] = {}
        self._count = 0
        self._under_way: set[int] = set()
        self._most_at_once = 0

    def begin(
        self,
        method: str,
        path: str,
        *,
        origin: Origin = "hub",
        query: str = "",
        call: str | None = None,
        repo: str | None = None,
        file: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """Note a request that came in; the number names it from now on."""
        with self._lock:
            self._count += 1
            self._requests[self._count] = Request(
                self._count, method, origin, path, query, call, repo, file, headers or {}
            )
            self._under_way.add(self._count)
            self._most_at_once = max(self._most_at_once, len(self._under_way))
            return self._count

    def answered(self, number: int, status: int) -> None:
        """The status of its answer is known."""
        self._update(number, status=status)

    def sent(self, number: int, count: int) -> None:
        """``count`` more body bytes went out."""
        with self._lock:
            if number in self._requests:
                request = self._requests[number]
                self._requests[number] = replace(request, bytes_sent=request.bytes_sent + count)

    def end(self, number: int) -> None:
        """The request is over, well or badly."""
        self._update(number, ended=True)
        with self._lock:
            self._under_way.discard(number)

    def requests(
        self,
        *,
        method: str | None = None,
        file: str | None = None,
        repo: str | None = None,
        call: str | None = None,
        origin: Origin | None = None,
    ) -> list[Request]:
        """The requests that fit everything given, oldest first."""
        wanted = {"method": method, "file": file, "repo": repo, "call": call, "origin": origin}
        asked = {name: value for name, value in wanted.items() if value is not None}
        with self._lock:
            requests = list(self._requests.values())
        return [one for one in requests if all(getattr(one, name) == value for name, value in asked.items())]

    def bytes_sent(self, *, file: str | None = None, repo: str | None = None, call: str | None = None) -> int:
        """Body bytes handed to sockets, of the requests that fit."""
        return sum(request.bytes_sent for request in self.requests(file=file, repo=repo, call=call))

    @property
    def most_at_once(self) -> int:
        """The largest number of requests that were under way at the same time."""
        return self._most_at_once

    def clear(self) -> None:
        """Forget everything, also the beginnings of requests that are under way."""
        with self._lock:
            self._requests.clear()
            self._most_at_once = len(self._under_way)

    def _update(self, number: int, *, status: int | None = None, ended: bool | None = None) -> None:
        with self._lock:
            request = self._requests.get(number)
            if request is None:
                return
            self._requests[number] = replace(
                request,
                status=request.status if status is None else status,
                ended=request.ended if ended is None else ended,
            )
