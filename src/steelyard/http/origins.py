"""Pages and programs of other origins that the settings let in (Fetch, section 3.2: CORS).

Only what programs use: ``/v1``, ``/api`` and ``/chat``. No cookie of such a request is looked at and no browser is told
to send one: pages of another port of the same host would carry somebody's session otherwise.
"""

import re
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PATHS = re.compile(r"/(v1|api|chat)(/.*)?", re.DOTALL)
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_NAMES = re.compile(r"[A-Za-z0-9-]{1,64}(\s*,\s*[A-Za-z0-9-]{1,64}){0,63}")
_SHOWN = "X-Request-ID, Retry-After, X-Should-Retry"
_SECONDS = "600"


class Origins:
    """ASGI middleware: answers preflights of allowed origins, and says on each answer that they may read it.

    To stand within ``guards.Guards``, which refuses the others, and around everything that may refuse.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str], public_url: str | None = None) -> None:
        self._app = app
        self._allowed = frozenset(allowed)
        self._public = urlsplit(public_url).netloc.lower() if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer a preflight."""
        headers = Headers(scope=scope) if scope["type"] == "http" and self._allowed else Headers()
        origin = headers.get("origin")
        if origin is None or not is_allowed_origin(scope, origin, self._allowed) or self._is_own(headers):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers=_preflight(headers, origin))(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(raw=message["headers"] if isinstance(message["headers"], list) else [])
                answered["Access-Control-Allow-Origin"] = origin
                answered["Access-Control-Expose-Headers"] = _SHOWN
                answered.add_vary_header("Origin")
                message = {**message, "headers": answered.raw}
            await send(message)

        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        await self._app(scope, receive, told)

    def _is_own(self, headers: Headers) -> bool:
        """Whether it is a page of ours, whose session counts."""
        return headers["origin"].lower().partition("://")[2] in {headers.get("host", "").lower(), self._public}


def is_allowed_origin(scope: Scope, origin: str | None, allowed: Collection[str]) -> bool:
    """Whether the settings let a page of this origin ask at this path. A page without one (``null``) is none."""
    if origin is None or not allowed or origin == "null":
        return False
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return ("*" in allowed or origin.lower() in allowed) and _PATHS.fullmatch(path) is not None


def _preflight(headers: Headers, origin: str) -> dict[str, str]:
    wanted = headers.get("access-control-request-headers", "")
    told = {
        "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Max-Age": _SECONDS, "Vary": "Origin, Access-Control-Request-Headers",
    }  # fmt: skip
    if _NAMES.fullmatch(wanted):
        told["Access-Control-Allow-Headers"] = wanted
    if headers.get("access-control-request-private-network") == "true":  # a page of the internet asks this machine
        told["Access-Control-Allow-Private-Network"] = "true"
    return told
