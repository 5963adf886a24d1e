"""Counts and times the answers of this process for Prometheus, by route template, so that labels stay few."""

import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UNROUTED = "(none)"  # 404s and refusals: the path itself is the caller's choice and would make a label of each
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
WAY = "file_way"  # in a request's state: the way on which the bytes of a file go out
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class HttpMeters:
    """The instruments of one application, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}  # found without looking labels through
        self._answers = Counter(
            "steelyard_http_requests", "Requests answered by this process", ("method", "route", "status"),
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "steelyard_http_request_seconds", "Seconds until the answer's last byte was handed over", ("route",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip

        self._file_bytes = Counter(
            "steelyard_file_bytes", "Bytes of files sent: from the store, while coming in, passed through", ("way",),
            registry=self.registry,
        )  # fmt: skip

    def sent(self, way: str, size: int) -> None:
        """Bytes of a file went out."""
        self._file_bytes.labels(way).inc(size)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request is done."""
        counted = self._known.get((method, route, status))
        if counted is None:
            answers = self._answers.labels(method if method in _METHODS else "other", route, str(status))
            counted = answers, self._seconds.labels(route)
            if method in _METHODS:  # others are the caller's choice
                self._known[(method, route, status)] = counted
        counted[0].inc()
        counted[1].observe(seconds)


class Metered:
    """ASGI middleware around the routes. Streams are timed to their end."""

    def __init__(self, app: ASGIApp, meters: HttpMeters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and look at the answer as it leaves."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started, size = 500, time.monotonic(), 0

        async def watched(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            size += message["count"] if "count" in message else len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._meters.answered(scope["method"], _template(scope), status, time.monotonic() - started)
            if (way := scope.get("state", {}).get(WAY)) is not None:
                self._meters.sent(way, size)


def _template(scope: Scope) -> str:
    """The route's path with the names of its parameters.

    A route knows its path without the prefix under which its router was included; the request's own path has it.
    """
    route = scope.get("route")
    if route is None:
        return _UNROUTED
    template: str = getattr(route, "path_format", _UNROUTED)
    if template == scope["path"]:
        return template
    asked = template.format(**scope.get("path_params", {}))
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.removesuffix(asked) + template if path.endswith(asked) else template
